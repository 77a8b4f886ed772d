import type { AdvertisedPolicy } from '../oauth/metadata.ts';
import { FOLLOWED_RESPONSE_MODES } from '../oauth/response-mode.ts';
import type { ClientPolicy } from './client-policy.ts';

/**
 * The policy in an issuer's metadata for all its clients. PKCE is advertised if the gateway or the server verifies it. The rest
 * is narrowed only if every client is enforced (`narrow`); otherwise nothing becomes stricter.
 */
export function buildAdvertisedPolicy(
  policies: Iterable<ClientPolicy>,
  { advertisePkce, narrow }: { readonly advertisePkce: boolean; readonly narrow: boolean },
): AdvertisedPolicy {
  // Rejected clients have no policy to advertise.
  const judged = [...policies].filter(({ mode }) => mode !== 'reject' && mode !== 'off');
  const modes = judged.map(({ responseModes }) => responseModes ?? FOLLOWED_RESPONSE_MODES);
  return {
    codeChallengeMethods: advertisePkce && judged.length > 0 ? challengeMethods(judged) : undefined,
    narrowed: narrow
      ? {
          responseTypes: new Set(judged.flatMap((policy) => policy.responseTypes)),
          responseModes: new Set(modes.flat()),
          requestObjects: judged.some((policy) => policy.requestObjects === 'allow'),
        }
      : undefined,
    publicClients: judged.some((policy) => policy.injectSecret !== undefined),
  };
}

/** S256 first: some clients take the first method that they know. */
function challengeMethods(policies: readonly ClientPolicy[]): string[] {
  return (['S256', 'plain'] as const).filter((method) =>
    policies.some(({ methods }) => methods.includes(method)),
  );
}
