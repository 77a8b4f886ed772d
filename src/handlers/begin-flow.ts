import type { Flow } from '../flow/flow.ts';
import { buildFlowPrefix, FLOW_PREFIX_RANDOM_BYTES } from '../flow/flow-prefix.ts';
import { StoreFault } from '../flow/flow-store.ts';
import { flowKey, preservedFlowKey } from '../flow/keys.ts';
import { takeRandomBytes } from '../flow/random-pool.ts';
import { type AuthorizationRequest, usableMethod } from '../oauth/authorization-request.ts';
import type { Parameters } from '../oauth/parameters.ts';
import { storedChallenge } from '../oauth/pkce.ts';
import { isFormPostMode, redirectModeFor } from '../oauth/response-mode.ts';
import type { ClientPolicy } from '../policy/client-policy.ts';
import type { Exchange } from './exchange.ts';
import type { IdentifiedClient } from './identify-client.ts';
import type { JudgedRequest } from './judged-request.ts';
import { canKeepState } from './state-hashes.ts';

/** A flow that is about to begin. */
export type NewFlow = {
  readonly flow: Flow;
  readonly prefix: string;
  /** Where it is saved, and for how long. */
  readonly key: string;
  readonly ttl: number;
  readonly goesOnWithoutStore: boolean;
  /** What goes upstream, once it is saved. */
  readonly parameters: Parameters;
  /** What goes upstream where it cannot be. */
  readonly unsaved: Parameters;
};

/** What came of it: the parameters that go upstream, or why there is no flow. */
export type BegunFlow = { readonly parameters: Parameters } | 'state_conflict' | 'store_unavailable';

/** Saves the flow of an authorization request and says under which parameters it goes upstream. */
export async function beginFlow(
  exchange: Exchange,
  parameters: Parameters,
  judged: JudgedRequest,
  client: IdentifiedClient,
): Promise<BegunFlow> {
  let fresh = newFlow(exchange, parameters, judged, client);
  let outcome = await saveFlow(exchange, fresh);
  if (outcome === 'state_conflict' && !judged.preservesState) {
    // The gateway's own choice is to be no reason to refuse anybody.
    fresh = newFlow(exchange, parameters, judged, client, false);
    outcome = await saveFlow(exchange, fresh);
  }
  if (outcome === 'saved') {
    // Read back, a flow without a challenge may be none (`flow-record.ts`): that is for the store to say.
    if (fresh.flow.codeChallenge !== undefined) exchange.begun = fresh;
    return { parameters: fresh.parameters };
  }
  if (outcome === 'state_conflict') return outcome;
  return fresh.goesOnWithoutStore ? { parameters: fresh.unsaved } : outcome;
}

/** The flow of an authorization request, or of a pushed one. */
export function newFlow(
  exchange: Exchange,
  parameters: Parameters,
  judged: JudgedRequest,
  client: IdentifiedClient,
  preservesState = judged.preservesState || needsOwnState(exchange, judged.request, client.policy),
): NewFlow {
  const { issuer } = exchange;
  const { policy } = client;
  const { request } = judged;
  const flow: Flow = {
    clientId: request.clientId ?? '',
    mode: client.mode === 'enforce' ? 'enforce' : 'report',
    codeChallenge: usableChallenge(request),
    redirectUri: request.redirectUri,
    responseType: request.responseType,
    responseMode: request.responseMode,
    scope: exchange.scope,
    // A challenge inside a request object cannot be taken out.
    pkceForwarded: issuer.forwardsPkce || (judged.sealed && request.codeChallenge !== undefined),
    pushedKey: undefined,
  };
  const goesOnWithoutStore = flow.mode === 'report' || policy.onStoreFailure === 'allow';
  const prefix = buildFlowPrefix({
    issuer: issuer.name,
    began: flow.mode === 'report' ? 'report' : goesOnWithoutStore ? 'enforce_allow' : 'enforce',
    hasState: request.state !== undefined,
    random: takeRandomBytes(FLOW_PREFIX_RANDOM_BYTES),
  });
  const unsaved = preservesState ? parameters : parameters.with('state', prefix + (request.state ?? ''));
  return {
    flow,
    prefix,
    key: preservesState
      ? preservedFlowKey(issuer.name, policy.name, request.state)
      : flowKey(issuer.name, prefix),
    ttl: policy.flowTtl,
    goesOnWithoutStore,
    parameters: askForRedirect(unsaved, request),
    unsaved,
  };
}

/** An id_token that covers the state must cover that of the client. */
function needsOwnState(
  { issuer, services }: Exchange,
  request: AuthorizationRequest,
  policy: ClientPolicy,
): boolean {
  return services.stateHashes.has(issuer.name, policy.name) && canKeepState(request, policy);
}

export async function saveFlow(
  { services: { store } }: Exchange,
  { flow, key, ttl }: NewFlow,
): Promise<'saved' | 'state_conflict' | 'store_unavailable'> {
  try {
    const saved = (await store.saveFlow(key, flow, ttl)) || isSameFlow(await store.loadFlow(key), flow);
    return saved ? 'saved' : 'state_conflict';
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    return 'store_unavailable';
  }
}

/** A redirect is easier to follow than a page: the gateway makes the page itself. */
function askForRedirect(parameters: Parameters, request: AuthorizationRequest): Parameters {
  const mode = parameters.get('response_mode');
  if (mode === undefined || !isFormPostMode(mode)) return parameters;
  return parameters.with('response_mode', redirectModeFor(mode, request.responseType));
}

/** The same request once more, as after a reload: nothing about the flow would change. */
function isSameFlow(live: Flow | undefined, flow: Flow): boolean {
  return (
    live !== undefined &&
    live.clientId === flow.clientId &&
    live.redirectUri === flow.redirectUri &&
    live.responseType === flow.responseType &&
    live.scope === flow.scope &&
    live.codeChallenge === flow.codeChallenge
  );
}

/** In report, also what the policy does not allow is remembered, as far as a verifier can be compared with it. */
function usableChallenge(request: AuthorizationRequest): string | undefined {
  const method = usableMethod(request);
  return method === 'none' ? undefined : storedChallenge(request.codeChallenge ?? '', method);
}
