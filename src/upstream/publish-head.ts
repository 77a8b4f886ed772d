import { isIP } from 'node:net';
import { mapLocation } from './map-location.ts';
import type { ResponseHead } from './response-headers.ts';

/** The origins that a server uses for itself. */
export type OwnOrigins = {
  readonly origin: string;
  readonly origins: readonly string[];
};

/**
 * The head of a response with the server's own origins replaced by the public one: in Location, Content-Location, Refresh, and
 * cookie domains, because browsers reject cookies for a different host (RFC 6265 5.3).
 */
export function publishHead(head: ResponseHead, own: OwnOrigins, publicOrigin: string): ResponseHead {
  const origins = [own.origin, ...own.origins];
  let headers: string[] | undefined;
  for (let i = 0; i < head.headers.length; i += 2) {
    const name = head.headers[i] as string;
    const value = head.headers[i + 1] as string;
    const published = publishValue(name.toLowerCase(), value, origins, publicOrigin);
    if (published === value) continue;
    headers ??= [...head.headers];
    headers[i + 1] = published;
  }
  return headers === undefined ? head : { ...head, headers };
}

function publishValue(name: string, value: string, origins: readonly string[], publicOrigin: string): string {
  switch (name) {
    case 'location':
    case 'content-location':
      return mapLocation(value, origins, publicOrigin);
    case 'refresh':
      return publishRefresh(value, origins, publicOrigin);
    case 'set-cookie':
      return publishCookie(value, origins, publicOrigin);
    default:
      return value;
  }
}

/** HTML 7.5.6: seconds, then perhaps `url=`, then a URL, perhaps in quotes. */
function publishRefresh(value: string, origins: readonly string[], publicOrigin: string): string {
  const [before = '', url = ''] =
    /^([\d.\s]*[;,\s]\s*(?:url\s*=\s*)?["']?)([^"']*)/i.exec(value)?.slice(1) ?? [];
  return before + mapLocation(url, origins, publicOrigin) + value.slice(before.length + url.length);
}

/** Replaces a domain of the server by the public host; a domain that also covers the public host stays. */
function publishCookie(value: string, origins: readonly string[], publicOrigin: string): string {
  const parts = value.split(';');
  const at = parts.findIndex((part, i) => i > 0 && /^\s*domain\s*=/i.test(part));
  if (at === -1) return value;
  const domain = (parts[at] as string).split('=', 2)[1]?.trim().replace(/^\./, '').toLowerCase() ?? '';
  const publicHost = new URL(publicOrigin).hostname;
  const isOwn = origins.some((origin) => isWithin(new URL(origin).hostname, domain));
  if (domain === '' || !isOwn || isWithin(publicHost, domain)) return value;
  // An address or a single label is not a valid cookie domain: without a domain, the cookie belongs to the host.
  const replacement = isIP(publicHost) === 0 && publicHost.includes('.') ? [` Domain=${publicHost}`] : [];
  return parts.toSpliced(at, 1, ...replacement).join(';');
}

function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
