import type { AuthorizationRequest } from '../oauth/authorization-request.ts';
import { isRegisteredRedirectUri } from '../oauth/redirect-uri.ts';
import { asksForIdToken, type ClientPolicy } from '../policy/client-policy.ts';

/**
 * Which clients get id_tokens that cover the state (`s_hash`, FAPI 1.0 part 2 5.2.2.1), as far as responses have shown: the
 * hash is that of the state which the upstream saw. One entry for each configured client at most.
 */
export class StateHashes {
  readonly #seen = new Set<string>();

  /** Says whether that is news. */
  learn(issuer: string, client: string): boolean {
    const before = this.#seen.size;
    this.#seen.add(`${issuer} ${client}`);
    return this.#seen.size > before;
  }

  has(issuer: string, client: string): boolean {
    return this.#seen.has(`${issuer} ${client}`);
  }
}

/** Whether the upstream may be given the client's own state for the sake of an `s_hash`: its response is found again. */
export function canKeepState(request: AuthorizationRequest, policy: ClientPolicy): boolean {
  const { responseType, redirectUri, state } = request;
  return (
    state !== undefined &&
    asksForIdToken(responseType) &&
    policy.responseTypes.includes(responseType) &&
    policy.redirectUris !== undefined &&
    (redirectUri === undefined || isRegisteredRedirectUri(redirectUri, policy.redirectUris))
  );
}
