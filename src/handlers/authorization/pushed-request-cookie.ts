import { hash } from 'node:crypto';
import type { FoundPushedRequest } from '../../store/flow-store.ts';
import type { ResponseHead } from '../../upstream/response-headers.ts';
import type { Exchange } from '../exchange.ts';

/**
 * Some servers send the browser back after login with their own request_uri (Spring Authorization Server, Duende
 * IdentityServer). A store without records does not know it, so a cookie contains the gateway's request_uri.
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

/** The gateway's request_uri for one of the upstream, from the browser's cookie. */
export function ownNameOf({ request }: Exchange, upstreamUri: string): string | undefined {
  const start = `${cookieName(upstreamUri)}=`;
  return request.headers.cookie
    ?.split(';')
    .map((cookie) => cookie.trim())
    .find((cookie) => cookie.startsWith(start))
    ?.slice(start.length);
}

/** One name per login, so that tabs do not interfere. */
function cookieName(upstreamUri: string): string {
  return `pkce_gateway_par_${hash('sha256', upstreamUri, 'base64url').slice(0, 16)}`;
}
