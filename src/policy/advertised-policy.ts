import { carriesIdToken } from '../oauth/authorization-request.ts';
import type { AdvertisedPolicy } from '../oauth/metadata.ts';
import { FOLLOWED_RESPONSE_MODES, isJwtMode } from '../oauth/response-mode.ts';
import type { ClientPolicy } from './client-policy.ts';

/**
 * The policy in an issuer's metadata for all its clients, in steps, because there may be many. PKCE is advertised if the gateway or
 * the server verifies it. `narrowed` is for use only while every client is enforced; otherwise nothing becomes stricter.
 */
export function* buildAdvertisedPolicy(
  policies: Iterable<ClientPolicy>,
  { advertisePkce }: { readonly advertisePkce: boolean },
): Generator<void, AdvertisedPolicy> {
  const methods = new Set<string>();
  const responseTypes = new Set<string>();
  const responseModes = new Set<string>();
  let requestObjects = false;
  let publicClients = false;
  for (const policy of policies) {
    yield;
    // Rejected clients have no policy to advertise.
    if (policy.mode === 'reject' || policy.mode === 'off') continue;
    for (const method of policy.methods) methods.add(method);
    for (const type of policy.responseTypes) responseTypes.add(type);
    for (const mode of policy.responseModes ?? FOLLOWED_RESPONSE_MODES) responseModes.add(mode);
    requestObjects ||= policy.requestObjects === 'allow';
    publicClients ||= policy.injectSecret !== undefined;
  }
  // S256 first: some clients take the first method that they know.
  const inOrder = ['S256', 'plain'].filter((method) => methods.has(method));
  return {
    codeChallengeMethods: advertisePkce && inOrder.length > 0 ? inOrder : undefined,
    narrowed: { responseTypes, responseModes, requestObjects },
    publicClients,
  };
}

/** A store that keeps no records follows no signed response and no code beside an id_token: enforced clients must not ask for them. */
export function withoutRecords({ narrowed, ...rest }: AdvertisedPolicy): AdvertisedPolicy {
  if (narrowed === undefined) return { ...rest, narrowed };
  const responseTypes = new Set([...narrowed.responseTypes].filter((type) => !carriesIdToken(type)));
  const responseModes = new Set([...narrowed.responseModes].filter((mode) => !isJwtMode(mode)));
  return { ...rest, narrowed: { ...narrowed, responseTypes, responseModes } };
}
