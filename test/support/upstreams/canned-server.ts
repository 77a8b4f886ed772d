import { createServer } from 'node:http';
import { type Listener, listen } from '../listener.ts';
import { RequestLog, readBody, recordRequest } from '../request-log.ts';

export type CannedAnswer = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: string | Buffer | object;
  /** Under any other Host, it is a 404. */
  readonly host?: string;
};

export type CannedServer = Listener & {
  /** By path, used from the next request on. Any other path is a 404. */
  readonly answers: Map<string, CannedAnswer>;
  readonly requests: RequestLog;
};

/** A server with a configured response for each path. */
export async function startCannedServer(): Promise<CannedServer> {
  const answers = new Map<string, CannedAnswer>();
  const requests = new RequestLog();
  const server = createServer(async (req, res) => {
    const request = recordRequest(req, (await readBody(req)).toString());
    requests.add(request);
    const canned = answers.get(request.path);
    const isFor = canned?.host === undefined || canned.host === req.headers.host;
    const { status = 200, headers = {}, body = '' } = (isFor && canned) || { status: 404 };
    const isText = typeof body === 'string' || Buffer.isBuffer(body);
    res.writeHead(status, { ...(!isText && { 'content-type': 'application/json' }), ...headers });
    res.end(isText ? body : JSON.stringify(body));
  });
  return { ...(await listen(server)), answers, requests };
}
