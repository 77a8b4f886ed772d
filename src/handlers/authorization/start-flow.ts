import { Buffer } from 'node:buffer';
import { carriesIdToken } from '../../oauth/authorization-request.ts';
import { type Flow, StoreFault, storeFault } from '../../store/flow-store.ts';
import { canBeFollowed, needsPrefix } from '../judge-request.ts';
import type { Progress } from '../run-steps.ts';
import { withoutStore } from '../without-store.ts';
import type { AuthorizationContext } from './authorization-context.ts';
import { challengeOf } from './reenter-flow.ts';
import { refuseIfEnforced } from './refuse-if-enforced.ts';

/** Begins the flow. A flow with a prefix is saved in parallel with the upstream request, and before the response is sent. */
export function startFlow(context: AuthorizationContext): Progress | Promise<Progress> {
  const { exchange, judged } = context;
  if (!canBeFollowed(judged)) return undefined;
  const { store } = exchange.services;
  const { state, responseType } = judged.request;
  if (judged.preservesState) return startPreservedFlow(context, 'state');
  // An id_token may cover the code, and only a store that keeps records can follow a code that must stay as it is.
  if (!store.keepsRecords && carriesIdToken(responseType))
    return startPreservedFlow(context, 'response_type');
  const { stateLimit } = exchange.issuer.config;
  const begun = store.beginFlow(newFlow(context), {
    hadState: state !== undefined,
    ttl: context.client.policy.flowTtl,
    longest: stateLimit === undefined ? undefined : stateLimit - Buffer.byteLength(state ?? ''),
  });
  if (begun === undefined) return startPreservedFlow(context, 'state_limit');
  context.saved = begun.saved;
  exchange.flow = { ...begun.live, prefix: begun.prefix };
  return undefined;
}

/** A flow with a preserved state must be saved before its request is sent upstream. */
async function startPreservedFlow(
  context: AuthorizationContext,
  why: 'state' | 'response_type' | 'state_limit',
): Promise<Progress> {
  const { exchange, judged, client } = context;
  const { store } = exchange.services;
  const { state } = judged.request;
  const canBeFound =
    store.keepsRecords &&
    (why === 'state' ||
      (client.mode === 'enforce' &&
        state !== undefined &&
        client.policy.redirectUris !== undefined &&
        !needsPrefix(judged.request)));
  if (!canBeFound) {
    const violation = { reason: 'response_not_followable', detail: why } as const;
    return refuseIfEnforced(context, violation, 'authorization_response');
  }
  const { flowTtl } = client.policy;
  const begun = await store.beginPreservedFlow(newFlow(context), state ?? '', flowTtl).catch(storeFault);
  if (begun instanceof StoreFault) return withoutStore(exchange, client);
  if (begun === 'state_conflict') return refuseIfEnforced(context, { reason: 'state_conflict' });
  exchange.flow = { ...begun, prefix: undefined };
  return undefined;
}

function newFlow({ exchange, client, judged, violation }: AuthorizationContext): Flow {
  const { group, issuer, realm } = exchange;
  const { request, sealed } = judged;
  return {
    upstream: group.key,
    issuer: issuer.name,
    realm,
    clientId: request.clientId ?? '',
    mode: client.mode === 'enforce' ? 'enforce' : 'report',
    codeChallenge: challengeOf(request),
    redirectUri: request.redirectUri,
    responseType: request.responseType,
    responseMode: request.responseMode,
    // A challenge inside a request object cannot be removed.
    pkceForwarded: issuer.forwardsPkce || (sealed && request.codeChallenge !== undefined),
    violation,
  };
}
