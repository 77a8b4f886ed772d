import type { IncomingMessage } from 'node:http';
import { Remembered } from './remembered.ts';

const HOST = /^(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/i;

/**
 * The Host header, without the dot at the end of a name. `undefined`: there are two, or it is not a valid host, which servers
 * interpret differently, or it is missing in HTTP/1.1 (RFC 9112 3.2: a 400). Empty if it is missing in HTTP/1.0.
 */
export function readHost({ headers, rawHeaders, httpVersionMinor }: IncomingMessage): string | undefined {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  const host = headers.host ?? '';
  if (count > 1 || (count === 0 && httpVersionMinor > 0) || (host !== '' && !isHost(host))) return undefined;
  return withoutRootDot(host);
}

const hosts = new Remembered((text) => HOST.test(text) && URL.canParse(`http://${text}`));

/** Whether a text is `host` or `host:port` that can stand in a URL: `.1` is a broken IPv4 address there. */
export function isHost(text: string): boolean {
  return hosts.of(text);
}

export function withoutPort(host: string): string {
  return host.replace(/:\d{0,5}$/, '');
}

/** RFC 1034 3.1: with or without the dot of the root at its end, a name is the same. */
export function withoutRootDot(host: string): string {
  return host.replace(/\.(?=(?::\d{0,5})?$)/, '');
}
