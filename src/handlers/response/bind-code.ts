import type { Carrier } from '../../oauth/carriers/carrier.ts';
import { goesTo } from '../../oauth/redirect-uri.ts';
import type { Reason } from '../../policy/reason.ts';
import type { LiveFlow } from '../../store/flow-store.ts';
import type { Exchange } from '../exchange.ts';
import { type IdentifiedClient, subjectOf } from '../identify-client.ts';
import { needsOwnNames } from '../without-records.ts';

/**
 * The code for the client, or the reason why it gets none. `response_not_followable`: the store cannot keep this code, because
 * it is too long, or because a signature covers it and the store keeps no records.
 */
type BoundForClient = { readonly code: string } | 'response_ambiguous' | 'response_not_followable';

/** Binds the code to its flow before the response is sent. Throws a `StoreFault`. */
export async function bindCode(
  exchange: Exchange,
  { flow, id }: LiveFlow,
  client: IdentifiedClient,
  carrier: Carrier,
  code: string,
): Promise<BoundForClient> {
  const { group, services } = exchange;
  const { policy } = client;
  const covered = carrier.hasIdToken || carrier.jarm !== undefined;
  if (covered && !services.store.keepsRecords) return 'response_not_followable';
  const wrap =
    !covered &&
    (needsOwnNames(exchange, client) || (flow.mode === 'enforce' && (await wrapsCodes(exchange, client))));
  // All replicas must know it before the code is sent: commands are executed in order.
  if (flow.mode === 'enforce' && !wrap) services.traits.note('bare_code', group.key, '');
  const bound = await services.store.bindCode({
    upstream: group.key,
    code,
    flowId: id,
    wrap,
    codeTtl: policy.codeTtl,
    binding: {
      issuer: flow.issuer,
      realm: flow.realm,
      clientId: flow.clientId,
      mode: flow.mode,
      codeChallenge: flow.codeChallenge,
      redirectUri: flow.redirectUri ?? pickedRedirectUri(carrier, policy.redirectUris),
      pkceForwarded: flow.pkceForwarded,
      maxAttempts: policy.maxAttempts,
      hasIdToken: carrier.hasIdToken,
    },
  });
  if (bound.outcome === 'too_long') return 'response_not_followable';
  if (bound.outcome === 'bound_elsewhere') return 'response_ambiguous';
  if (bound.first) {
    const { redirectUri, violation } = flow;
    const violations = violation === undefined ? [] : [violation as Reason];
    services.events.codeBound(subjectOf(exchange, client), { redirectUri, violations });
  }
  return bound;
}

/** A client whose id_tokens cover the code would reject a wrapped code (`wrap_codes: auto`). */
function wrapsCodes(
  { group, issuer, services }: Exchange,
  { policy, clientId }: IdentifiedClient,
): boolean | Promise<boolean> {
  if (policy.wrapCodes !== 'auto') return policy.wrapCodes;
  if (issuer.statesCodeHash) return false;
  const seen = services.traits.isSeen('c_hash', group.key, clientId ?? '');
  return seen instanceof Promise ? seen.then((isSeen) => !isSeen) : !seen;
}

/** If the request has no redirect_uri, the server picks a registered one (RFC 6749 3.1.2.3), which is returned exactly as registered. */
function pickedRedirectUri({ target }: Carrier, registered: readonly string[] = []): string | undefined {
  if (target === undefined) return undefined;
  // With equal paths, the server picked the one with the longest query.
  const [picked] = registered.filter((uri) => goesTo(target, uri)).toSorted((a, b) => b.length - a.length);
  return picked ?? target.href.split(/[?#]/, 1)[0];
}
