import { decideRedemption } from '../../policy/decide-redemption.ts';
import type { Progress } from '../run-steps.ts';
import { refuseIfEnforced } from './refuse-if-enforced.ts';
import type { TokenContext } from './token-context.ts';

/** Judges the redemption of a known code. After a refusal the code stays free for its client. */
export async function checkRedemption(context: TokenContext): Promise<Progress> {
  const { exchange, claim, owner, parameters, identity, grantType, claimed } = context;
  const presented = {
    grantType: grantType ?? '',
    codeVerifier: parameters.get('code_verifier'),
    redirectUri: parameters.get('redirect_uri'),
    client: identity,
  };
  const violation = decideRedemption(claim, presented, owner.policy);
  if (violation === undefined) return undefined;
  // Before the answer, so that a retry finds the code free.
  if (owner.mode === 'enforce') await claimed.release();
  return refuseIfEnforced(exchange, violation, owner);
}
