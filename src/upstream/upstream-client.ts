import { isIP } from 'node:net';
import { buildConnector, Pool } from 'undici';
import type { IssuerConfig } from '../config/config.ts';

type UpstreamConfig = IssuerConfig['upstream'];

/** The connections to one upstream. */
export type UpstreamClient = AsyncDisposable & {
  readonly pool: Pool;
  /** The upstream's own authority (`host[:port]`), for where its Host is sent. */
  readonly authority: string;
  /** The name that its certificate is checked against; without it, undici would take the Host header. */
  readonly serverName: string;
  readonly config: UpstreamConfig;
};

export function createUpstreamClient(config: UpstreamConfig): UpstreamClient {
  const url = new URL(config.origin);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const { tls, timeouts } = config;
  const pool = new Pool(config.origin, {
    connections: config.connections,
    headersTimeout: timeouts.response,
    // The time between two chunks, not that of a whole body: event streams and downloads may last.
    bodyTimeout: Math.max(timeouts.response, 300_000),
    // A Location may give a state of 8 KiB back, percent-encoded, and more beside it.
    maxHeaderSize: 64 * 1024,
    // Requests come in as HTTP/1.1 and go out so, to servers of https, too, that would rather speak HTTP/2.
    allowH2: false,
    // Redirects and retries belong to the client; nothing here repeats a request on its own.
    connect: connectorTo(host, {
      allowH2: false,
      timeout: timeouts.connect,
      // A body that comes in small pieces goes on in small pieces, and no piece waits until the one before is acknowledged.
      noDelay: true,
      ...(tls?.ca === undefined ? undefined : { ca: tls.ca }),
      ...(tls?.cert === undefined ? undefined : { cert: tls.cert }),
      ...(tls?.key === undefined ? undefined : { key: tls.key }),
      ...(tls?.insecureSkipVerify === true ? { rejectUnauthorized: false } : undefined),
    }),
  });
  return {
    pool,
    authority: url.host,
    serverName: host,
    config,
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}

/** An address is no name for a TLS ClientHello (RFC 6066 section 3); the certificate is checked against it all the same. */
function connectorTo(host: string, settings: buildConnector.BuildOptions): buildConnector.connector {
  if (isIP(host) === 0) return buildConnector({ ...settings, servername: host });
  const connect = buildConnector(settings);
  return ({ servername: _, ...options }, callback) => connect(options, callback);
}
