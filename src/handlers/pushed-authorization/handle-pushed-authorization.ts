import { AuthorizationContext } from '../authorization/authorization-context.ts';
import { checkMessage } from '../authorization/check-message.ts';
import { checkPolicy } from '../authorization/check-policy.ts';
import { startFlow } from '../authorization/start-flow.ts';
import type { Exchange } from '../exchange.ts';
import { bodyParametersOf } from '../message/message.ts';
import { readMessage } from '../message/read-message.ts';
import { type Progress, runSteps, type Step } from '../run-steps.ts';
import { forwardPushedRequest } from './forward-pushed-request.ts';
import { identifyPusher } from './identify-pusher.ts';

/** RFC 9126 2: the flow begins here, and the store keeps the upstream's request_uri for its client. */
const STEPS: readonly Step<AuthorizationContext>[] = [
  readPushedRequest,
  identifyPusher,
  checkMessage,
  checkPolicy,
  startFlow,
  forwardPushedRequest,
];

export function handlePushedAuthorization(exchange: Exchange): Promise<void> {
  return runSteps(STEPS, new AuthorizationContext(exchange, 'pushed_authorization'));
}

/** Its parameters are only in the body. */
async function readPushedRequest(context: AuthorizationContext): Promise<Progress> {
  context.message = await readMessage(context.exchange);
  context.merged = {
    parameters: bodyParametersOf(context.message),
    inQuery: false,
    inBody: context.message.body !== undefined,
    conflict: undefined,
  };
  return undefined;
}
