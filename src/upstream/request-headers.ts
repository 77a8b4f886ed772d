import { withoutRootDot } from '../http/host.ts';
import type { Peer } from '../http/peer.ts';
import { Remembered } from '../http/remembered.ts';
import { withoutParameters } from './parameter-cookies.ts';

/** Hop-by-hop headers (RFC 9110 7.6.1) and those that the gateway sets itself. In the form of `canonicalHeaderName`. */
const NOT_FORWARDED: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  // A CGI program reads it as the variable that names its outgoing proxy (CVE-2016-5385).
  'proxy',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-real-ip',
  // With these, a client could make the upstream see a different path or host than the gateway judged.
  'path-info',
  'script-name',
  'x-envoy-original-path',
  'x-forwarded',
  'x-host',
  'x-http-destinationurl',
  'x-http-host-override',
  'x-http-path-override',
  'x-invoke-path',
  'x-matched-path',
  'x-ms-original-url',
  'x-original-host',
  'x-original-path',
  'x-original-uri',
  'x-original-url',
  'x-override-url',
  'x-path-info',
  'x-request-uri',
  'x-rewrite-path',
  'x-rewrite-uri',
  'x-rewrite-url',
  'x-script-name',
  'x-waws-unencoded-url',
]);

/** With these, a client could make the upstream see a different method than the gateway judged. */
const METHOD_OVERRIDES: ReadonlySet<string> = new Set([
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-method',
  'x-restli-method-override',
  'x-tunneled-method',
]);

/** Headers that are forwarded only once: the gateway judged the first one. */
const SINGLE: ReadonlySet<string> = new Set(['authorization', 'content-type', 'content-length']);

export type OutgoingHeaderOptions = {
  readonly peer: Peer;
  /** scheme://host[:port] as browsers see it. */
  readonly publicOrigin: string;
  /** The Host header for the upstream. */
  readonly host: string;
  /** The request id and its header. */
  readonly requestId: readonly [name: string, id: string];
  /** Whether the request is for none of the configured endpoints, so that it may name another method, as some APIs need. */
  readonly keepsMethodOverrides?: boolean;
  /** Whether the body was judged, so that no cookie must add a parameter or change one. */
  readonly dropsParameterCookies?: boolean;
  /** `replaced`: the gateway wrote the body, so the client's headers that describe it are dropped; `resized`: only the length is. */
  readonly body: 'as_sent' | 'resized' | 'replaced';
  /** Replaces the client's own credentials; `null`: they are dropped. */
  readonly authorization?: string | null | undefined;
  /** Replaces the client's own value: `identity` if the response will be read. */
  readonly acceptEncoding?: 'identity' | undefined;
};

/** The headers of a request on its way upstream, as a flat list of names and values. `raw` is Node's rawHeaders. */
export function buildRequestHeaders(raw: readonly string[], options: OutgoingHeaderOptions): string[] {
  const { peer, requestId } = options;
  const headers = ['Host', withoutRootDot(options.host)];
  const requestIdHeader = canonicalHeaderName(requestId[0]);
  const named = connectionNamed(raw);
  let singles: Set<string> | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const canonical = canonicalHeaderName(name);
    if (NOT_FORWARDED.has(canonical) || canonical.startsWith('x-forwarded-')) continue;
    if (named?.has(canonical) || canonical === requestIdHeader) continue;
    if (options.keepsMethodOverrides !== true && METHOD_OVERRIDES.has(canonical)) continue;
    if (options.body !== 'as_sent' && canonical === 'content-length') continue;
    if (options.body === 'replaced' && canonical === 'content-type') continue;
    if (options.acceptEncoding !== undefined && canonical === 'accept-encoding') continue;
    if (options.authorization !== undefined && canonical === 'authorization') continue;
    if (SINGLE.has(canonical)) {
      // Node treats a variant with `_` or `.` as a different header, CGI-like servers as the same one.
      if (name.length !== canonical.length || name.toLowerCase() !== canonical || singles?.has(canonical))
        continue;
      singles = (singles ?? new Set()).add(canonical);
    }
    const sent =
      options.dropsParameterCookies === true && canonical === 'cookie' ? withoutParameters(value) : value;
    if (sent !== '' || value === '') headers.push(name, sent);
  }
  if (options.acceptEncoding !== undefined) headers.push('Accept-Encoding', options.acceptEncoding);
  if (typeof options.authorization === 'string') headers.push('Authorization', options.authorization);
  addForwarded(headers, peer, options.publicOrigin);
  headers.push(requestId[0], requestId[1]);
  return headers;
}

function addForwarded(headers: string[], { forwardedFor, prefix }: Peer, publicOrigin: string): void {
  const { protocol, host, port } = origins.of(publicOrigin);
  headers.push('X-Forwarded-For', forwardedFor, 'X-Forwarded-Proto', protocol);
  headers.push('X-Forwarded-Host', host, 'X-Forwarded-Port', port);
  if (prefix !== undefined) headers.push('X-Forwarded-Prefix', prefix);
}

const origins = new Remembered(splitOrigin);

/** Without `URL`, which would change the spelling of the host. */
function splitOrigin(origin: string): { protocol: string; host: string; port: string } {
  const [protocol = '', host = ''] = origin.split('://', 2);
  const port = /:(\d+)$/.exec(host)?.[1] ?? (protocol === 'https' ? '443' : '80');
  return { protocol, host, port };
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
      // A client must not remove headers that the gateway relies on.
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
