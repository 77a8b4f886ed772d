import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Address, TlsFiles } from '../config/config.ts';

/** A client's state alone may have 8 KiB, 24 KiB when percent-encoded. */
const MAX_HEADER_SIZE = 32 * 1024;

export type ListenerOptions = {
  readonly address: Address;
  /** `undefined`: plain HTTP. */
  readonly tls?: TlsFiles | undefined;
  /** Milliseconds for a request's head, and twice that between two of them on one connection. */
  readonly headerTimeout: number;
  readonly connections: number;
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  /** WebSocket upgrades; without it, an Upgrade header means nothing (RFC 9110 7.8). */
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
};

/** An HTTP server with its limits. */
export class Listener implements AsyncDisposable {
  readonly #server: Server | TlsServer;
  readonly #secure: boolean;
  readonly #address: Address;
  readonly #upgraded = new Set<Duplex>();
  readonly #answering = new Set<ServerResponse>();
  #draining = false;

  constructor(options: ListenerOptions) {
    this.#address = options.address;
    const { onUpgrade } = options;
    this.#secure = options.tls !== undefined;
    const serverOptions: ServerOptions = {
      maxHeaderSize: MAX_HEADER_SIZE,
      headersTimeout: options.headerTimeout,
      // Bodies stream for as long as they move; those that are judged have a limit of their own.
      requestTimeout: 0,
      keepAliveTimeout: Math.max(options.headerTimeout * 2, 5_000),
      connectionsCheckingInterval: Math.min(options.headerTimeout, 5_000),
      shouldUpgradeCallback: (request) => onUpgrade !== undefined && isWebSocket(request),
    };
    this.#server =
      options.tls === undefined
        ? createServer(serverOptions, options.onRequest)
        : createTlsServer({ ...serverOptions, ...secureOptions(options.tls) }, options.onRequest);
    this.#server.maxConnections = options.connections;
    this.#server.prependListener('request', (_request, response) => this.#track(response));
    this.#server.on('upgrade', (request, socket, head) => {
      this.#upgraded.add(socket);
      socket.once('close', () => this.#upgraded.delete(socket));
      onUpgrade?.(request, socket, head);
    });
  }

  /** Resolves to the URL that it listens on. */
  async listen(): Promise<string> {
    const { host, port } = this.#address;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject).listen({ host, port, backlog: 1024 }, () => {
      this.#server.off('error', reject);
      resolve();
    });
    await promise;
    const bound = this.#server.address() as AddressInfo;
    return `${this.#secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${bound.port}`;
  }

  /** Takes another certificate for connections to come. */
  renewCertificate(tls: TlsFiles): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(secureOptions(tls));
  }

  /** Stops accepting, lets requests in flight finish for as long as `grace` milliseconds, then ends what is left. */
  async drain(grace: number): Promise<void> {
    this.#draining = true;
    for (const response of this.#answering) response.shouldKeepAlive = false;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const deadline = setTimeout(() => this.#end(), grace);
    // A WebSocket has no end to wait for.
    for (const socket of this.#upgraded) socket.destroy();
    await closed;
    clearTimeout(deadline);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    const drained = this.drain(0);
    this.#end();
    await drained;
  }

  /** Node leaves a connection open that becomes idle while the server closes: it would hold up the end. */
  #track(response: ServerResponse): void {
    if (this.#draining) response.shouldKeepAlive = false;
    this.#answering.add(response);
    response.once('close', () => {
      this.#answering.delete(response);
      if (this.#draining) setImmediate(() => this.#server.closeIdleConnections());
    });
  }

  #end(): void {
    this.#server.closeAllConnections();
    for (const socket of this.#upgraded) socket.destroy();
  }
}

function secureOptions({ cert, key }: TlsFiles) {
  return { cert, key, minVersion: 'TLSv1.2' } as const;
}

function isWebSocket(request: IncomingMessage): boolean {
  return request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket';
}
