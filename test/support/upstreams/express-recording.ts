import type { RequestHandler } from 'express';
import { type RequestLog, readBody, recordRequest } from '../request-log.ts';

/** Records every request and leaves its form as `req.body`, as a body parser would. */
export function recordInto(requests: RequestLog): RequestHandler {
  return async (req, _res, next) => {
    const request = recordRequest(req, (await readBody(req)).toString());
    requests.add(request);
    req.body = Object.fromEntries(request.form);
    next();
  };
}
