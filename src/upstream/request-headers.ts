import type { Peer } from '../http/peer.ts';
import { Remembered } from '../http/remembered.ts';

/** Hop-by-hop headers (RFC 9110 7.6.1) and those that the gateway sets itself. In the form of `canonicalHeaderName`. */
const NOT_FORWARDED: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  // To a CGI program, it is the variable that names its outgoing proxy (CVE-2016-5385).
  'proxy',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-real-ip',
  // By these a client could make the upstream see another path, method or host than the gateway judged.
  'x-envoy-original-path',
  'x-forwarded',
  'x-host',
  'x-http-destinationurl',
  'x-http-host-override',
  'x-http-method',
  'x-http-method-override',
  'x-http-path-override',
  'x-method-override',
  'x-ms-original-url',
  'x-original-host',
  'x-original-method',
  'x-original-path',
  'x-original-uri',
  'x-original-url',
  'x-override-url',
  'x-request-uri',
  'x-restli-method-override',
  'x-rewrite-path',
  'x-rewrite-uri',
  'x-rewrite-url',
  'x-tunneled-method',
  'x-waws-unencoded-url',
]);

/** Headers of which a second one is dropped: the gateway judged the first. */
const SINGLE: ReadonlySet<string> = new Set(['authorization', 'content-type', 'content-length']);

export type OutgoingHeaderOptions = {
  readonly peer: Peer;
  /** The Host header for the upstream. */
  readonly host: string;
  /** `replaced`: the body is the gateway's, so the client's description of it is dropped; `resized`: its length alone. */
  readonly body: 'as_sent' | 'resized' | 'replaced';
  /** In place of the client's own: `identity` where the response is going to be read. */
  readonly acceptEncoding?: 'identity' | undefined;
};

/** The headers of a request on its way upstream, as a flat list of names and values. `raw` is Node's rawHeaders. */
export function buildRequestHeaders(raw: readonly string[], options: OutgoingHeaderOptions): string[] {
  const { peer } = options;
  const headers = ['Host', options.host];
  const named = connectionNamed(raw);
  let singles: Set<string> | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const canonical = canonicalHeaderName(name);
    if (NOT_FORWARDED.has(canonical) || canonical.startsWith('x-forwarded-')) continue;
    if (named?.has(canonical)) continue;
    if (options.body !== 'as_sent' && canonical === 'content-length') continue;
    if (options.body === 'replaced' && canonical === 'content-type') continue;
    if (options.acceptEncoding !== undefined && canonical === 'accept-encoding') continue;
    if (SINGLE.has(canonical)) {
      // A variant with `_` or `.` is another header to Node and the same one to CGI-like servers.
      if (name.length !== canonical.length || name.toLowerCase() !== canonical || singles?.has(canonical))
        continue;
      singles = (singles ?? new Set()).add(canonical);
    }
    headers.push(name, value);
  }
  if (options.acceptEncoding !== undefined) headers.push('Accept-Encoding', options.acceptEncoding);
  headers.push(
    'X-Forwarded-For',
    peer.forwardedFor,
    'X-Forwarded-Proto',
    peer.scheme,
    'X-Forwarded-Host',
    peer.host,
  );
  return headers;
}

const canonicalNames = new Remembered((name) => name.toLowerCase().replace(/[_.]/g, '-'));

/** Lower case, with `_` and `.` as `-`: CGI, WSGI and PHP cannot tell them apart. */
export function canonicalHeaderName(name: string): string {
  return canonicalNames.of(name);
}

/** Names in Connection belong to this hop only (RFC 9110 7.6.1). `undefined` in the usual case of none. */
export function connectionNamed(raw: readonly string[]): Set<string> | undefined {
  let named: Set<string> | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue;
    for (const token of (raw[i + 1] as string).split(',')) {
      const canonical = canonicalHeaderName(token.trim());
      // What the gateway itself relies on cannot be taken away by the client.
      if (canonical === '' || canonical === 'close' || canonical === 'keep-alive' || ESSENTIAL.has(canonical))
        continue;
      named = (named ?? new Set()).add(canonical);
    }
  }
  return named;
}

const ESSENTIAL: ReadonlySet<string> = new Set([
  'authorization',
  'content-length',
  'content-type',
  'content-encoding',
  'cookie',
]);
