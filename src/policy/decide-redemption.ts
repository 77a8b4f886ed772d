import { type ClientIdentity, identifies } from '../oauth/client-identity.ts';
import type { Binding, KnownClaim } from '../store/flow-store.ts';
import { allowsGrantType, type ClientPolicy } from './client-policy.ts';
import type { Reason, Violation } from './reason.ts';

/** What a redemption presents in addition to its code. */
export type PresentedRedemption = {
  readonly grantType: string;
  readonly codeVerifier: string | undefined;
  readonly redirectUri: string | undefined;
  readonly client: Pick<ClientIdentity, 'names' | 'authenticated'>;
};

/**
 * The first rule that the redemption of a known code breaks: is the code valid, whose is it, and who may redeem it.
 * `claim` is the store's result for the presented verifier, `policy` the policy of the code's client.
 */
export function decideRedemption(
  claim: KnownClaim,
  presented: PresentedRedemption,
  policy: Pick<ClientPolicy, 'grantTypes'>,
): Violation | undefined {
  if (!allowsGrantType(policy, presented.grantType)) {
    return { reason: 'grant_type_not_allowed', detail: presented.grantType };
  }
  const reason = decideClaim(claim, presented);
  if (reason === undefined) return undefined;
  const detail = reason === 'redirect_uri_mismatch' ? presented.redirectUri : undefined;
  return { reason, detail };
}

function decideClaim({ outcome, binding }: KnownClaim, presented: PresentedRedemption): Reason | undefined {
  switch (outcome) {
    // The client got a wrapped code: only somebody who saw the upstream's own response knows this one.
    case 'wrapped':
      return 'code_unknown';
    case 'replayed':
      return 'code_replayed';
    case 'exhausted':
      return 'attempts_exceeded';
    case 'expired':
      return 'code_expired';
    case 'mismatch':
      return 'verifier_mismatch';
    case 'unpaired':
      return decideUnpaired(binding, presented);
    case 'claimed':
      return decideClaimed(binding, presented);
  }
}

function decideUnpaired(binding: Binding, { codeVerifier }: PresentedRedemption): Reason {
  // RFC 9700 4.8.2: a verifier for a flow that had no challenge is a downgrade.
  if (binding.codeChallenge === undefined) return 'verifier_unexpected';
  return codeVerifier === undefined ? 'verifier_missing' : 'verifier_malformed';
}

function decideClaimed(binding: Binding, presented: PresentedRedemption): Reason | undefined {
  // A record without a challenge protects nothing: fail closed.
  if (binding.codeChallenge === undefined && binding.mode === 'enforce') return 'verifier_missing';
  if (binding.codeChallenge === undefined && presented.codeVerifier !== undefined)
    return 'verifier_unexpected';
  if (!identifies(presented.client, binding.clientId)) return 'client_mismatch';
  // OAuth 2.1 dropped the parameter: the upstream judges its absence (RFC 6749 4.1.3).
  const { redirectUri } = presented;
  return redirectUri !== undefined && redirectUri !== binding.redirectUri
    ? 'redirect_uri_mismatch'
    : undefined;
}
