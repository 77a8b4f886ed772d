import { randomInt } from 'node:crypto';
import { DRAWS } from '../../policy/draw.ts';
import type { AuthorizationContext } from '../authorization/authorization-context.ts';
import { forwardAsSent } from '../authorization/forward-request.ts';
import { identifyByCredentials } from '../identify-client.ts';
import { judgeRequest } from '../judge-request.ts';
import type { Progress } from '../run-steps.ts';

/** RFC 9126 2: the client authenticates as at the token endpoint, and one that uses HTTP Basic need not repeat its id. */
export function identifyPusher(context: AuthorizationContext): Progress | Promise<Progress> {
  const { exchange, message, merged } = context;
  context.client = identifyByCredentials(exchange, message, randomInt(DRAWS)).client;
  if (context.client.mode === 'off') return forwardAsSent(context);
  const judged = judgeRequest(merged.parameters, context.client);
  const clientId = judged.request.clientId ?? context.client.clientId;
  context.judged = { ...judged, request: { ...judged.request, clientId } };
  return undefined;
}
