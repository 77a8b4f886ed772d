import { randomInt } from 'node:crypto';
import { NO_IDENTITY } from '../../oauth/client-identity.ts';
import { DRAWS, LAST_DRAW } from '../../policy/client-policy.ts';
import { identifyClient } from '../identify-client.ts';
import { judgeRequest } from '../judge-request.ts';
import type { Progress } from '../run-steps.ts';
import type { AuthorizationContext } from './authorization-context.ts';
import { forwardAsSent } from './forward-request.ts';

/** Finds out which client sends the request, and whether it is judged. */
export function identify(context: AuthorizationContext): Progress | Promise<Progress> {
  const { exchange, message, merged } = context;
  // A request_uri refers to a flow that has begun, with its own mode.
  const draw = merged.parameters.has('request_uri') ? LAST_DRAW : randomInt(DRAWS);
  context.client = identifyClient(exchange, message, NO_IDENTITY, draw);
  if (context.client.mode === 'off') return forwardAsSent(context);
  context.judged = judgeRequest(merged.parameters, context.client);
  return undefined;
}
