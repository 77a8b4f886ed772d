import type { AdvertisedPolicy } from '../oauth/metadata.ts';
import { FOLLOWED_RESPONSE_MODES } from '../oauth/response-mode.ts';
import type { ClientPolicy } from './client-policy.ts';

/**
 * What an issuer's metadata may promise to all of its clients together. A client that is not looked at may do whatever
 * the upstream does, but for a challenge: that is advertised only where somebody verifies it.
 */
export function buildAdvertisedPolicy(
  policies: Iterable<ClientPolicy>,
  advertisePkce: boolean,
): AdvertisedPolicy {
  // Those that are rejected are promised nothing.
  const admitted = [...policies].filter(({ mode }) => mode !== 'reject');
  const judged = admitted.filter(({ mode }) => mode !== 'off');
  const anythingGoes = judged.length < admitted.length;
  const modes = judged.map(({ responseModes }) => responseModes ?? FOLLOWED_RESPONSE_MODES);
  return {
    codeChallengeMethods: advertisePkce && judged.length > 0 ? challengeMethods(judged) : undefined,
    responseTypes: anythingGoes ? undefined : new Set(judged.flatMap((policy) => policy.responseTypes)),
    responseModes: new Set(anythingGoes ? FOLLOWED_RESPONSE_MODES : modes.flat()),
    requestObjects: anythingGoes || judged.some((policy) => policy.requestObjects === 'allow'),
    publicClients: judged.some((policy) => policy.injectSecret !== undefined),
  };
}

/** S256 first: some clients take the first that they know. */
function challengeMethods(policies: readonly ClientPolicy[]): string[] {
  return (['S256', 'plain'] as const).filter((method) =>
    policies.some(({ methods }) => methods.includes(method)),
  );
}
