import { hash } from 'node:crypto';
import type { FoundPushedRequest } from '../../store/flow-store.ts';
import type { ResponseHead } from '../../upstream/response-headers.ts';
import type { Exchange } from '../exchange.ts';

/**
 * Servers send the browser back after login with the request_uri as they know it (Spring Authorization Server, Duende
 * IdentityServer). A store without records does not know that one, so a cookie brings the gateway's own name for it along.
 */
export function withOwnName(
  { publicOrigin }: Exchange,
  head: ResponseHead,
  requestUri: string,
  { mode, requestUri: upstreamUri, expiresAt }: FoundPushedRequest,
): ResponseHead {
  if (mode !== 'enforce' || expiresAt === undefined || upstreamUri === requestUri) return head;
  const maxAge = Math.ceil((expiresAt - Date.now()) / 1000);
  // A login in an iframe is cross-site.
  const site = publicOrigin.startsWith('https:') ? 'Secure; SameSite=None' : 'SameSite=Lax';
  const cookie = `${cookieName(upstreamUri)}=${requestUri}; Path=/; Max-Age=${maxAge}; HttpOnly; ${site}`;
  return { ...head, headers: [...head.headers, 'Set-Cookie', cookie] };
}

/** The gateway's own name for a request_uri of the upstream, as the browser says. */
export function ownNameOf({ request }: Exchange, upstreamUri: string): string | undefined {
  const start = `${cookieName(upstreamUri)}=`;
  return request.headers.cookie
    ?.split(';')
    .map((cookie) => cookie.trim())
    .find((cookie) => cookie.startsWith(start))
    ?.slice(start.length);
}

/** One for each login, so that tabs do not disturb each other. */
function cookieName(upstreamUri: string): string {
  return `pkce_gateway_par_${hash('sha256', upstreamUri, 'base64url').slice(0, 16)}`;
}
