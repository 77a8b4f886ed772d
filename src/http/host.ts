import type { IncomingMessage } from 'node:http';

const HOST = /^(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/i;

/**
 * The Host header. `undefined`: there are two, or it is no host, so that one server would read another host out of it
 * than the next, or there is none in HTTP/1.1 (RFC 9112 3.2: a 400). Empty where there is none in HTTP/1.0.
 */
export function readHost({ headers, rawHeaders, httpVersionMinor }: IncomingMessage): string | undefined {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  const host = headers.host ?? '';
  return count > 1 || (count === 0 && httpVersionMinor > 0) || (host !== '' && !HOST.test(host))
    ? undefined
    : host;
}

export function withoutPort(host: string): string {
  return host.replace(/:\d*$/, '');
}
