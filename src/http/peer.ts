import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { plainAddress } from './client-address.ts';
import { readForwarded } from './forwarded.ts';
import { isHost, withoutPort, withoutRootDot } from './host.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

/** The sender and origin of a request, as far as they can be trusted. */
export type Peer = {
  /** The client's address: the peer's own, or the last one in X-Forwarded-For that is not a trusted proxy. */
  readonly address: string;
  /** The client's address and those of the proxies, the connected one last: the next X-Forwarded-For. */
  readonly forwardedFor: string;
  readonly scheme: 'http' | 'https';
  /** `host` or `host:port`. */
  readonly host: string;
  /** The path prefix that trusted proxies removed from the request. */
  readonly prefix?: string | undefined;
  /** The request id from a trusted proxy. */
  readonly requestId?: string | undefined;
};

const FORWARDED = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'forwarded'];
const PORTS = { http: '80', https: '443' } as const;

export function readPeer(request: IncomingMessage, trusted: TrustedProxies): Peer {
  const { headers } = request;
  const connected = plainAddress(request.socket.remoteAddress ?? '');
  const scheme = (request.socket as TLSSocket).encrypted === true ? 'https' : 'http';
  const host = withoutRootDot(headers.host ?? '');
  if (!trusted.trusts(connected)) {
    return { address: connected, forwardedFor: connected, scheme, host };
  }
  const forwarded = readForwarded(headers);
  const chain = forwarded.for.map(plainAddress);
  const client = chain.findLastIndex((hop) => !trusted.trusts(hop));
  // Each trusted proxy has added one entry; the first of these is the client's.
  const added = Math.max(1, chain.length - Math.max(0, client));
  const entryOf = (list: readonly string[]) => list[Math.max(0, list.length - added)];
  const proto = entryOf(forwarded.proto)?.toLowerCase();
  const publicScheme = proto === 'https' || proto === 'http' ? proto : scheme;
  const hops = [...chain.slice(-added), connected];
  const prefix = forwarded.prefix.slice(-added).join(', ');
  return {
    // Proxies also write `unknown`, or an obfuscated name (RFC 7239 6).
    address: hops.find((hop) => isIP(hop) !== 0) ?? connected,
    forwardedFor: hops.join(', '),
    scheme: publicScheme,
    host: publicHost([entryOf(forwarded.host), host], entryOf(forwarded.port)),
    prefix: /^\/[\w./~%, -]*$/.test(prefix) ? prefix : undefined,
    requestId: readRequestId(headers[trusted.requestIdHeader.toLowerCase()]),
  };
}

/** The address of a proxy that is not trusted although it says who its client is; `undefined` for other requests. */
export function untrustedProxyOf({ headers, socket }: IncomingMessage, trusted: TrustedProxies) {
  if (FORWARDED.every((name) => headers[name] === undefined)) return undefined;
  const connected = plainAddress(socket.remoteAddress ?? '');
  return trusted.trusts(connected) ? undefined : connected;
}

/** `named`: by the proxies, and by the request itself. */
function publicHost(named: readonly (string | undefined)[], port: string | undefined): string {
  const host = withoutRootDot(named.find((text) => text !== undefined && isHost(text)) ?? '');
  const said = /:(\d+)$/.exec(host)?.[1] ?? port;
  // With two proxies that use http between them, the second one often says 80 although browsers use https.
  const isUsual = said === undefined || said === PORTS.http || said === PORTS.https;
  const withPort = `${withoutPort(host)}:${said}`;
  return isUsual || !isHost(withPort) ? withoutPort(host) : withPort;
}

/** Only these characters are safe in logs and headers. */
function readRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[\w.:@=+/-]{1,128}$/.test(header) ? header : undefined;
}
