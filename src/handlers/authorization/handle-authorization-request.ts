import type { Exchange } from '../exchange.ts';
import { runSteps, type Step } from '../run-steps.ts';
import { AuthorizationContext } from './authorization-context.ts';
import { checkMessage } from './check-message.ts';
import { checkPolicy } from './check-policy.ts';
import { enterByBody } from './enter-by-body.ts';
import { enterPushedRequest } from './enter-pushed-request.ts';
import { forwardRequest } from './forward-request.ts';
import { identify } from './identify.ts';
import { passServerStep } from './pass-server-step.ts';
import { readRequest } from './read-request.ts';
import { reenterFlow } from './reenter-flow.ts';
import { startFlow } from './start-flow.ts';

/** The whole order of an authorization request (RFC 6749 4.1.1, RFC 7636 4.3). */
const STEPS: readonly Step<AuthorizationContext>[] = [
  readRequest,
  // Approvals and login posts of the server itself are not authorization requests.
  passServerStep,
  identify,
  enterByBody,
  checkMessage,
  // A flow that has begun is not judged again.
  enterPushedRequest,
  reenterFlow,
  checkPolicy,
  startFlow,
  forwardRequest,
];

export function handleAuthorizationRequest(exchange: Exchange): Promise<void> {
  return runSteps(STEPS, new AuthorizationContext(exchange, 'authorization'));
}
