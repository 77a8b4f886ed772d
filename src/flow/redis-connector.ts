import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, createSecureContext } from 'node:tls';
import { AbstractConnector, type RedisOptions } from 'ioredis';
import type { TlsFiles } from '../config/config.ts';
import type { RedisAddress } from './redis-url.ts';

/**
 * How ioredis gets to an address. Its own connector listens to the first error of a socket only (redis/ioredis#962). A
 * TLS socket that is not trusted may have a second, the peer's alert, and that one would end the process.
 */
export function connectorOptions(
  { target }: RedisAddress,
  tls: TlsFiles | undefined,
  disconnectTimeout: number,
): RedisOptions {
  if ('path' in target) return { path: target.path, Connector: connectorTo(() => connectPlain(target)) };
  const { host, port } = target;
  // Who names certificates wants TLS, whatever the scheme says: a password is not sent in clear for want of an `s`.
  if (!target.tls && tls === undefined) {
    return { host, port, Connector: connectorTo(() => connectPlain({ host, port })) };
  }
  const tlsOptions: ConnectionOptions = {
    // Made here, once: a PEM text that cannot be used is found at the start, and not by each connection.
    secureContext: createSecureContext(pemOptions(tls)),
    ...(isIP(host) === 0 ? { servername: host } : {}),
  };
  return {
    host,
    port,
    tls: tlsOptions,
    Connector: connectorTo(() => connectTls({ host, port, ...tlsOptions })),
  };

  function connectorTo(openSocket: () => Socket) {
    return class extends AbstractConnector {
      constructor() {
        super(disconnectTimeout);
      }

      override async connect(): Promise<Socket> {
        const socket = openSocket();
        socket.once('error', (error) => {
          this.firstError = error;
        });
        socket.on('error', () => {});
        this.connecting = true;
        this.stream = socket;
        return socket;
      }
    };
  }
}

function pemOptions(tls: TlsFiles | undefined): { ca?: string; cert?: string; key?: string } {
  return {
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls?.key === undefined ? {} : { key: tls.key }),
  };
}
