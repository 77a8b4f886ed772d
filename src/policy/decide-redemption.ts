import type { Binding } from '../flow/binding.ts';
import type { Claim } from '../flow/flow-store.ts';
import { type ClientIdentity, identifies } from '../oauth/client-identity.ts';
import { isCodeVerifier } from '../oauth/pkce.ts';
import { allowsGrantType, type ClientPolicy } from './client-policy.ts';
import type { TokenReason } from './reason.ts';

/** What a redemption presents, beside its code. */
export type PresentedRedemption = {
  readonly codeVerifier: string | undefined;
  readonly redirectUri: string | undefined;
  readonly client: ClientIdentity;
};

/**
 * The first rule that a redemption breaks: what the code is worth, whose it is, and who may redeem it. `claim` is what
 * the store said to the presented verifier, `policy` that of the client whose code it is.
 */
export function decideRedemption(
  claim: Claim,
  presented: PresentedRedemption,
  policy: Pick<ClientPolicy, 'grantTypes'>,
): TokenReason | undefined {
  if (!allowsGrantType(policy, 'authorization_code')) return 'grant_type_not_allowed';
  if (claim.outcome === 'unknown') return 'code_unknown';
  const { binding } = claim;
  switch (claim.outcome) {
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

function decideUnpaired(binding: Binding, presented: PresentedRedemption): TokenReason {
  // RFC 9700 4.8.2: a verifier for a flow that had no challenge is a downgrade.
  if (binding.codeChallenge === undefined) return 'verifier_unexpected';
  return presented.codeVerifier === undefined ? 'verifier_missing' : 'verifier_malformed';
}

function decideClaimed(binding: Binding, presented: PresentedRedemption): TokenReason | undefined {
  // A record without a challenge cannot protect anything, whatever it says (contract of the store: fail closed).
  if (binding.codeChallenge === undefined && binding.mode === 'enforce') return 'verifier_missing';
  if (binding.codeChallenge === undefined && presented.codeVerifier !== undefined)
    return 'verifier_unexpected';
  if (!identifies(presented.client, binding.clientId)) return 'client_mismatch';
  // OAuth 2.1 dropped the parameter: one that is absent is the upstream's to judge (RFC 6749 4.1.3).
  if (presented.redirectUri !== undefined && presented.redirectUri !== binding.redirectUri)
    return 'redirect_uri_mismatch';
  return undefined;
}

/** Whether a verifier can be compared at all (RFC 7636 4.1). */
export function isComparable(codeVerifier: string | undefined): codeVerifier is string {
  return codeVerifier !== undefined && isCodeVerifier(codeVerifier);
}
