import { decideRedemption } from '../../policy/decide-redemption.ts';
import type { Violation } from '../../policy/reason.ts';
import type { Progress } from '../run-steps.ts';
import { refuseIfEnforced } from './refuse-if-enforced.ts';
import type { TokenContext } from './token-context.ts';

/** Judges the redemption of a known code. After a refusal the code stays free for its client. */
export function checkRedemption(context: TokenContext): Progress | Promise<Progress> {
  const { claim, owner, parameters, identity, grantType } = context;
  const presented = {
    grantType: grantType ?? '',
    codeVerifier: parameters.get('code_verifier'),
    redirectUri: parameters.get('redirect_uri'),
    client: identity,
  };
  const violation = decideRedemption(claim, presented, owner.policy);
  return violation === undefined ? undefined : refuse(context, violation);
}

async function refuse({ exchange, owner, claimed }: TokenContext, violation: Violation): Promise<Progress> {
  // Before the answer, so that a retry finds the code free.
  if (owner.mode === 'enforce') await claimed.release();
  const progress = refuseIfEnforced(exchange, violation, owner);
  // Its flow got a code, so this is no request that anybody can make up.
  exchange.countReported();
  return progress;
}
