import type { Parameters } from '../oauth/parameters.ts';
import type { Exchange } from './exchange.ts';

/** The parameters of an authorization request, with a challenge only where the upstream knows what to do with it. */
export function withoutUnwantedChallenge({ issuer }: Exchange, parameters: Parameters): Parameters {
  return issuer.forwardsPkce ? parameters : parameters.without('code_challenge', 'code_challenge_method');
}
