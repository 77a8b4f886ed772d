import type { Flow } from '../flow/flow.ts';
import type { AuthorizationResponse } from '../oauth/authorization-response.ts';
import { isAddressedTo, withoutLoopbackPort } from '../oauth/redirect-uri.ts';
import type { ClientPolicy } from './client-policy.ts';
import type { AuthorizationResponseReason } from './reason.ts';

/** The first rule that a response with a code breaks: whether it says one thing only, and goes where the client asked for. */
export function decideAuthorizationResponse(
  response: AuthorizationResponse,
  flow: Flow,
  policy: ClientPolicy,
): AuthorizationResponseReason | undefined {
  const { codes, states, target, jarm } = response;
  if (codes.length !== 1 || states.length > 1 || jarm === 'unreadable') return 'response_ambiguous';
  if (flow.redirectUri !== undefined) {
    return isAddressedTo(target, flow.redirectUri) ? undefined : 'redirect_target_mismatch';
  }
  // Without a redirect_uri in the request, the server picks one that it has registered (RFC 6749 3.1.2.3).
  if (policy.redirectUris === undefined) return undefined;
  const portless = URL.parse(withoutLoopbackPort(target.href) ?? '');
  const known = policy.redirectUris.some((uri) => {
    const registered = withoutLoopbackPort(uri);
    return (
      isAddressedTo(target, uri) ||
      (portless !== null && registered !== undefined && isAddressedTo(portless, registered))
    );
  });
  return known ? undefined : 'redirect_target_mismatch';
}
