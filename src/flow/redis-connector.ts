import { connect as connectPlain, isIP, Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, createSecureContext } from 'node:tls';
import { AbstractConnector, type RedisOptions } from 'ioredis';
import type { TlsFiles } from '../config/config.ts';

/** Where a server listens. */
export type RedisTarget = { readonly host: string; readonly port: number } | { readonly path: string };

/** How the sockets of one configuration are opened: in clear, or with its certificates. */
export type SocketOpener = { readonly secure: boolean; open(target: RedisTarget): Socket };

/** Throws a system error for PEM texts that cannot be used: here, once, and not with each connection. */
export function socketOpener(secure: boolean, files: TlsFiles | undefined): SocketOpener {
  if (!secure) return { secure, open: (target) => connectPlain(target) };
  const secureContext = createSecureContext(pemOptions(files));
  return {
    secure,
    open(target) {
      const server: ConnectionOptions =
        'host' in target && isIP(target.host) === 0 ? { ...target, servername: target.host } : target;
      return connectTls({ ...server, secureContext });
    },
  };
}

export type ConnectorOptions = {
  readonly sockets: SocketOpener;
  /** Asked before each connection. */
  readonly locate: () => RedisTarget | Promise<RedisTarget>;
  /** Whether a server that tells this about itself will do. Default: any. */
  readonly accepts?: (info: { readonly role?: string }) => boolean;
  /** How long a connection that is being closed may take, in milliseconds. */
  readonly disconnectTimeout: number;
};

/**
 * How ioredis gets to a server. Its own connectors listen to the first error of a socket only (redis/ioredis#962). A TLS
 * socket that is not trusted may have a second, the peer's alert, and that one would end the process.
 */
export function connectorOptions(options: ConnectorOptions): RedisOptions {
  const { sockets, locate, accepts = () => true, disconnectTimeout } = options;
  return {
    // Only for ioredis to wait for the end of the TLS handshake: the socket is made here.
    ...(sockets.secure ? { tls: {} } : {}),
    Connector: class extends AbstractConnector {
      constructor() {
        super(disconnectTimeout);
      }

      override check(info: { readonly role?: string }): boolean {
        return accepts(info);
      }

      override async connect(): Promise<Socket> {
        this.connecting = true;
        this.stream = await this.#open();
        return this.stream;
      }

      /** ioredis gives up for good where `connect` rejects. A socket that has failed, it tries again. */
      async #open(): Promise<Socket> {
        try {
          const target = await locate();
          if (!this.connecting) return deadSocket();
          const socket = sockets.open(target);
          socket.once('error', (error) => {
            this.firstError = error;
          });
          socket.on('error', () => {});
          return writeTogether(socket);
        } catch (error) {
          this.firstError = error as Error;
          return deadSocket();
        }
      }
    },
  };
}

/**
 * Makes the commands of one turn of the event loop leave in one write, which costs more than the rest of a command. They
 * are texts; octets, or the end of the connection, come behind the texts before them.
 */
function writeTogether(socket: Socket): Socket {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  const end = socket.end.bind(socket) as (...args: unknown[]) => Socket;
  let text = '';
  const flush = () => {
    if (text !== '') write(text);
    text = '';
  };
  return Object.assign(socket, {
    write(chunk: string | Uint8Array, ...rest: unknown[]): boolean {
      if (typeof chunk !== 'string' || rest.length > 0) {
        flush();
        return write(chunk, ...rest);
      }
      if (text === '') setImmediate(flush);
      text += chunk;
      return true;
    },
    end(...rest: unknown[]): Socket {
      flush();
      return end(...rest);
    },
  });
}

function deadSocket(): Socket {
  return new Socket().destroy();
}

function pemOptions(files: TlsFiles | undefined): { ca?: string; cert?: string; key?: string } {
  return {
    ...(files?.ca === undefined ? {} : { ca: files.ca }),
    ...(files?.cert === undefined ? {} : { cert: files.cert }),
    ...(files?.key === undefined ? {} : { key: files.key }),
  };
}
