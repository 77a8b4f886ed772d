import { decideRedemption } from '../../policy/decide-redemption.ts';
import type { Progress } from '../run-steps.ts';
import { shouldRefuse } from '../should-refuse.ts';
import { refuseRedemption } from './refuse-redemption.ts';
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
  if (violation === undefined || !shouldRefuse(exchange, 'token', violation, owner)) return undefined;
  await claimed.release();
  return refuseRedemption(exchange, violation.reason, owner);
}
