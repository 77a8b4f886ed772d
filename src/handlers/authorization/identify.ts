import { randomInt } from 'node:crypto';
import { DRAWS, LAST_DRAW } from '../../policy/draw.ts';
import { identifyClient } from '../identify-client.ts';
import { judgeRequest } from '../judge-request.ts';
import { isUnread } from '../message/message.ts';
import type { Progress } from '../run-steps.ts';
import type { AuthorizationContext } from './authorization-context.ts';
import { forwardAsSent } from './forward-request.ts';

/** Finds out which client sends the request, and whether it is judged. */
export function identify(context: AuthorizationContext): Progress | Promise<Progress> {
  const { exchange, message, merged } = context;
  // A request_uri refers to a flow that has begun, with its own mode.
  const draw = merged.parameters.has('request_uri') ? LAST_DRAW : randomInt(DRAWS);
  // A page of the server may post anything to the URL of a request. If its body names another client, a code for an enforced
  // place is withheld, because it belongs to no enforced flow; but not every place is enforced.
  const { query } = message;
  const namesClient = query.parameters.has('client_id') && !exchange.group.exposesCodes(Date.now());
  const unread = query.hidden || (isUnread(message) && !namesClient);
  context.client = identifyClient(exchange, message, { names: [], unread }, draw);
  if (context.client.mode === 'off') return forwardAsSent(context);
  context.judged = judgeRequest(merged.parameters, context.client);
  return undefined;
}
