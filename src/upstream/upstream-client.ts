import { isIP } from 'node:net';
import { buildConnector, Client, Pool } from 'undici';
import type { IssuerConfig } from '../config/config.ts';
import { ConnectionShares } from './connection-shares.ts';
import { HEAD_LIMIT, watchConnection } from './upstream-connection.ts';

type UpstreamConfig = IssuerConfig['upstream'];

/** The connections to one upstream. */
export type UpstreamClient = AsyncDisposable & {
  readonly pool: Pool;
  /** The shares of the connections. */
  readonly shares: ConnectionShares;
  /** A dispatcher for a request that must not use a kept connection. */
  connectAnew(): Client;
  /** The upstream's own authority (`host[:port]`), for its Host header. */
  readonly authority: string;
  /** The name for the check of its certificate; without it, undici would use the Host header. */
  readonly serverName: string;
  readonly config: UpstreamConfig;
};

export function createUpstreamClient(config: UpstreamConfig): UpstreamClient {
  const url = new URL(config.origin);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const { tls, timeouts } = config;
  const options: Client.Options = {
    // `forward` and `fetchDocument` have their own deadline, which counts from the complete request.
    headersTimeout: 0,
    // The time between two chunks, not for a whole body: event streams and downloads may take long.
    bodyTimeout: Math.max(timeouts.response, 300_000),
    maxHeaderSize: HEAD_LIMIT,
    // Requests arrive as HTTP/1.1 and leave as HTTP/1.1, also to https servers that prefer HTTP/2.
    allowH2: false,
    connect: connectorTo(host, {
      allowH2: false,
      timeout: timeouts.connect,
      // The gateway forwards small pieces of a body at once: none waits until the one before is acknowledged.
      noDelay: true,
      ...(tls?.ca === undefined ? undefined : { ca: tls.ca }),
      ...(tls?.cert === undefined ? undefined : { cert: tls.cert }),
      ...(tls?.key === undefined ? undefined : { key: tls.key }),
      ...(tls?.insecureSkipVerify === true ? { rejectUnauthorized: false } : undefined),
    }),
  };
  const pool = new Pool(config.origin, { ...options, connections: config.connections });
  return {
    pool,
    shares: new ConnectionShares(config.connections),
    connectAnew: () => new Client(config.origin, options),
    authority: url.host,
    serverName: host,
    config,
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}

function connectorTo(host: string, settings: buildConnector.BuildOptions): buildConnector.connector {
  // A TLS ClientHello must not name an address (RFC 6066 3); the certificate is still checked against it.
  const named = isIP(host) === 0 ? { servername: host } : {};
  const connect = buildConnector({ ...settings, ...named });
  return ({ servername: _, ...options }, callback) =>
    connect({ ...options, ...named }, (error, socket) => {
      if (error !== null) return callback(error, null);
      watchConnection(socket);
      callback(null, socket);
    });
}
