import { isIP } from 'node:net';
import { mapLocation } from './map-location.ts';
import type { ResponseHead } from './response-headers.ts';

/** The origins by which a server calls itself. */
export type OwnOrigins = {
  readonly origin: string;
  readonly origins: readonly string[];
};

/**
 * The head of a response in which the server calls itself by its public origin: in Location, Content-Location, Refresh, and the
 * domains of cookies, which a browser would not take for another host (RFC 6265 5.3).
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

/** A domain of the server's own becomes the public host; one that the public host has as well stays. */
function publishCookie(value: string, origins: readonly string[], publicOrigin: string): string {
  const parts = value.split(';');
  const at = parts.findIndex((part, i) => i > 0 && /^\s*domain\s*=/i.test(part));
  if (at === -1) return value;
  const domain = (parts[at] as string).split('=', 2)[1]?.trim().replace(/^\./, '').toLowerCase() ?? '';
  const publicHost = new URL(publicOrigin).hostname;
  const isOwn = origins.some((origin) => isWithin(new URL(origin).hostname, domain));
  if (domain === '' || !isOwn || isWithin(publicHost, domain)) return value;
  // An address or a single label is no domain for a cookie: without one, it is the host's.
  const replacement = isIP(publicHost) === 0 && publicHost.includes('.') ? [` Domain=${publicHost}`] : [];
  return parts.toSpliced(at, 1, ...replacement).join(';');
}

function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
