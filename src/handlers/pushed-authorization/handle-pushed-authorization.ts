import { randomInt } from 'node:crypto';
import { DRAWS } from '../../policy/client-policy.ts';
import { AuthorizationContext } from '../authorization/authorization-context.ts';
import { checkMessage } from '../authorization/check-message.ts';
import { checkPolicy } from '../authorization/check-policy.ts';
import { startFlow } from '../authorization/start-flow.ts';
import type { Exchange } from '../exchange.ts';
import { forwardAsSent } from '../forward-as-sent.ts';
import { identifyByCredentials } from '../identify-client.ts';
import { judgeRequest } from '../judge-request.ts';
import { bodyParametersOf } from '../message/message.ts';
import { readMessage } from '../message/read-message.ts';
import { type Progress, runSteps, type Step } from '../run-steps.ts';
import { forwardPushedRequest } from './forward-pushed-request.ts';

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
  return runSteps(STEPS, new AuthorizationContext(exchange));
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

/** RFC 9126 2: the client authenticates as at the token endpoint, and one that uses HTTP Basic need not repeat its id. */
function identifyPusher(context: AuthorizationContext): Progress | Promise<Progress> {
  const { exchange, message, merged } = context;
  context.client = identifyByCredentials(exchange, message, randomInt(DRAWS)).client;
  if (context.client.mode === 'off') return forwardAsSent(context);
  const judged = judgeRequest(merged.parameters, context.client);
  const clientId = judged.request.clientId ?? context.client.clientId;
  context.judged = { ...judged, request: { ...judged.request, clientId } };
  return undefined;
}
