import { type AuthorizationRequest, usableMethod } from '../../oauth/authorization-request.ts';
import { storedChallenge } from '../../oauth/pkce.ts';
import { type Flow, type LiveFlow, StoreFault, storeFault } from '../../store/flow-store.ts';
import { forwardAsSent } from '../forward-as-sent.ts';
import type { Progress } from '../run-steps.ts';
import { withoutStore } from '../without-store.ts';
import type { AuthorizationContext } from './authorization-context.ts';
import { forwardRequest } from './forward-request.ts';

/**
 * Servers send the browser back to their authorization endpoint after login, with the parameters that they received, some
 * without the challenge. A request with the state and all other properties of a live flow continues that flow.
 */
export function reenterFlow(context: AuthorizationContext): Progress | Promise<Progress> {
  const { judged, prefix } = context;
  if ((prefix === undefined && !judged.preservesState) || judged.sealed) return undefined;
  return reenter(context);
}

async function reenter(context: AuthorizationContext): Promise<Progress> {
  const { exchange, judged, prefix, client } = context;
  const { request } = judged;
  const live = await findFlow(context).catch(storeFault);
  if (live instanceof StoreFault) return withoutStore(exchange, client) ?? forwardAsSent(context);
  if (live !== undefined && belongsTo(live.flow, request)) {
    exchange.flow = { ...live, prefix: prefix?.prefix };
    return forwardRequest(context);
  }
  // The login took too long: it starts again with the state that the client sent. But the prefix of another live flow is
  // treated as part of the client's state.
  if (live !== undefined) context.prefix = undefined;
  const state = context.prefix === undefined ? request.state : context.prefix.clientState;
  context.judged = { ...judged, request: { ...request, state } };
  return undefined;
}

function findFlow({ exchange, judged, prefix }: AuthorizationContext): Promise<LiveFlow | undefined> {
  const { store } = exchange.services;
  const { key } = exchange.group;
  if (prefix !== undefined) return store.findFlow(key, prefix.prefix);
  const { clientId = '', state = '' } = judged.request;
  return store.findPreservedFlow(key, clientId, state);
}

/** Whether a request continues this flow: nothing in it differs. */
export function belongsTo(flow: Flow, request: AuthorizationRequest): boolean {
  return (
    flow.clientId === request.clientId &&
    flow.redirectUri === request.redirectUri &&
    flow.responseType === request.responseType &&
    // Consent forms may leave out the response_mode: the server then answers by its default (Doorkeeper 5.5).
    (request.responseMode === undefined || flow.responseMode === request.responseMode) &&
    (request.codeChallenge === undefined || flow.codeChallenge === challengeOf(request))
  );
}

/** The challenge as stored; `undefined` if no verifier can match it. */
export function challengeOf(request: AuthorizationRequest): string | undefined {
  const method = usableMethod(request);
  return method === 'none' ? undefined : storedChallenge(request.codeChallenge ?? '', method);
}
