import type { Flow } from '../flow/flow.ts';
import { type ParsedFlowPrefix, parseFlowPrefix } from '../flow/flow-prefix.ts';
import { StoreFault } from '../flow/flow-store.ts';
import { flowKey, preservedFlowKey } from '../flow/keys.ts';
import type { AuthorizationRequest } from '../oauth/authorization-request.ts';
import { redirectModeFor } from '../oauth/response-mode.ts';
import { neverGoesOnWithoutStore } from '../policy/client-policy.ts';
import type { Exchange } from './exchange.ts';
import type { IdentifiedClient } from './identify-client.ts';
import type { JudgedRequest } from './judged-request.ts';
import { canKeepState } from './state-hashes.ts';

/** A request that belongs to a flow already, or a new one with the state that its client sent. */
export type Entry = 'reentry' | 'store_unavailable' | { readonly state: string | undefined };

/**
 * Many servers send the browser back to their authorization endpoint after login, with the parameters that they were
 * given, so without the challenge. A request with the state of a live flow, for the same client, redirect_uri and
 * response_type, is that flow again. The store is asked, and waited for, only where there may be such a flow.
 */
export function reenterFlow(
  exchange: Exchange,
  judged: JudgedRequest,
  client: IdentifiedClient,
): Entry | Promise<Entry> {
  const { issuer } = exchange;
  const { policy } = client;
  const { request } = judged;
  const prefix = request.state === undefined ? undefined : parseFlowPrefix(issuer.name, request.state);
  // A state of the client's own is known again only where the challenge is gone: with it, it may be a new request.
  const mayBePreserved = judged.preservesState || canKeepState(request, policy);
  const preserved = mayBePreserved && request.codeChallenge === undefined;
  // A request object that is not understood could hold anything (RFC 9101 5): no flow is known by it.
  if ((prefix === undefined && !preserved) || judged.problem !== undefined) return { state: request.state };
  const key =
    prefix === undefined
      ? preservedFlowKey(issuer.name, policy.name, request.state)
      : flowKey(issuer.name, prefix.prefix);
  return findEntry(exchange, request, client, key, prefix);
}

async function findEntry(
  { services, scope }: Exchange,
  request: AuthorizationRequest,
  { policy, mode }: IdentifiedClient,
  key: string,
  prefix: ParsedFlowPrefix | undefined,
): Promise<Entry> {
  try {
    const flow = await services.store.loadFlow(key);
    if (flow !== undefined && belongsTo(flow, request, scope)) return 'reentry';
    // Ours, but expired: the login took too long. It begins anew with the state that the client sent. The prefix of
    // another live flow, though, is somebody's state like any other.
    return { state: flow === undefined && prefix !== undefined ? prefix.clientState : request.state };
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    const began = prefix?.began ?? mode;
    // A prefix that says it began in report can be made up by anybody.
    if (began === 'enforce' || neverGoesOnWithoutStore(policy, Date.now())) return 'store_unavailable';
    return prefix === undefined ? { state: request.state } : 'reentry';
  }
}

function belongsTo(flow: Flow, request: AuthorizationRequest, scope: string): boolean {
  const modes = [
    undefined,
    flow.responseMode,
    flow.responseMode && redirectModeFor(flow.responseMode, flow.responseType),
  ];
  return (
    // As the client asked, or as the upstream was asked in its place: another one would not be followed.
    modes.includes(request.responseMode) &&
    flow.clientId === request.clientId &&
    flow.redirectUri === request.redirectUri &&
    flow.responseType === request.responseType &&
    flow.scope === scope
  );
}
