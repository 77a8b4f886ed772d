import { randomInt } from 'node:crypto';
import { NO_IDENTITY } from '../../oauth/client-identity.ts';
import { mergeRequest } from '../../oauth/in-place.ts';
import { DRAWS, type Draw, FIRST_DRAW, LAST_DRAW } from '../../policy/client-policy.ts';
import { parseFlowPrefix } from '../../store/flow-prefix.ts';
import { StoreFault, storeFault } from '../../store/flow-store.ts';
import type { Exchange } from '../exchange.ts';
import { forwardAsSent } from '../forward-as-sent.ts';
import { type IdentifiedClient, identifyClient } from '../identify-client.ts';
import { judgeRequest } from '../judge-request.ts';
import { bodyParametersOf, type Message } from '../message/message.ts';
import { readMessage } from '../message/read-message.ts';
import { type Progress, runSteps, type Step } from '../run-steps.ts';
import { AuthorizationContext } from './authorization-context.ts';
import { checkMessage } from './check-message.ts';
import { checkPolicy } from './check-policy.ts';
import { enterByBody } from './enter-by-body.ts';
import { enterPushedRequest } from './enter-pushed-request.ts';
import { forwardRequest } from './forward-request.ts';
import { passServerStep } from './pass-server-step.ts';
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
  return runSteps(STEPS, new AuthorizationContext(exchange));
}

/** Reads query and body as one request: servers show login and consent in place, and their forms post to the current address. */
function readRequest(context: AuthorizationContext): undefined | Promise<undefined> {
  const message = readMessage(context.exchange);
  if (message instanceof Promise) return message.then((read) => takeMessage(context, read));
  return takeMessage(context, message);
}

function takeMessage(context: AuthorizationContext, message: Message): undefined {
  const { key } = context.exchange.group;
  context.message = message;
  context.merged = mergeRequest(message.query.parameters, bodyParametersOf(message), (state) => {
    const parsed = parseFlowPrefix(key, state);
    return parsed && (parsed.clientState ?? '');
  });
  const state = context.merged.parameters.get('state');
  context.prefix = state === undefined ? undefined : parseFlowPrefix(key, state);
}

/** Finds out which client sends the request, and whether it is judged. */
function identify(context: AuthorizationContext): Progress | Promise<Progress> {
  const { exchange, message, merged, prefix } = context;
  const byDraw = (draw: Draw) => identifyClient(exchange, message, NO_IDENTITY, draw);
  // A request_uri refers to a flow that has begun, with its own mode.
  if (merged.parameters.has('request_uri')) return takeClient(context, byDraw(LAST_DRAW));
  if (prefix === undefined) return takeClient(context, byDraw(randomInt(DRAWS)));
  const strictest = byDraw(FIRST_DRAW);
  if (strictest.mode === byDraw(LAST_DRAW).mode) return takeClient(context, strictest);
  return drawOf(exchange, prefix.prefix).then((draw) => takeClient(context, byDraw(draw)));
}

/** A flow that has begun keeps its draw. */
async function drawOf({ services, group }: Exchange, prefix: string): Promise<Draw> {
  const live = await services.store.findFlow(group.key, prefix).catch(storeFault);
  if (live === undefined || live instanceof StoreFault) return randomInt(DRAWS);
  return live.flow.mode === 'enforce' ? FIRST_DRAW : LAST_DRAW;
}

function takeClient(context: AuthorizationContext, client: IdentifiedClient): Progress | Promise<Progress> {
  context.client = client;
  if (client.mode === 'off') return forwardAsSent(context);
  context.judged = judgeRequest(context.merged.parameters, client);
  return undefined;
}
