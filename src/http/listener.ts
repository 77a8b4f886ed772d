import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Address } from '../config/config.ts';

/** A client's state alone may have 8 KiB, 24 KiB when percent-encoded. */
const MAX_HEADER_SIZE = 32 * 1024;

export type ListenerOptions = {
  readonly address: Address;
  /** Milliseconds for a request's head, and twice that between two of them on one connection. */
  readonly headerTimeout: number;
  readonly connections: number;
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  /** WebSocket upgrades; without it, an Upgrade header means nothing (RFC 9110 7.8). */
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
};

/** An HTTP server with its limits. */
export class Listener implements AsyncDisposable {
  readonly #server: Server;
  readonly #address: Address;
  readonly #upgraded = new Set<Duplex>();

  constructor(options: ListenerOptions) {
    this.#address = options.address;
    const { onUpgrade } = options;
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEADER_SIZE,
        headersTimeout: options.headerTimeout,
        // Bodies stream for as long as they move; those that are judged have a limit of their own.
        requestTimeout: 0,
        keepAliveTimeout: Math.max(options.headerTimeout * 2, 5_000),
        connectionsCheckingInterval: Math.min(options.headerTimeout, 5_000),
        shouldUpgradeCallback: (request) => onUpgrade !== undefined && isWebSocket(request),
      },
      options.onRequest,
    );
    this.#server.maxConnections = options.connections;
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
    return `http://${host.includes(':') ? `[${host}]` : host}:${bound.port}`;
  }

  /** Stops accepting, lets requests in flight finish for as long as `grace` milliseconds, then ends what is left. */
  async drain(grace: number): Promise<void> {
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

  #end(): void {
    this.#server.closeAllConnections();
    for (const socket of this.#upgraded) socket.destroy();
  }
}

function isWebSocket(request: IncomingMessage): boolean {
  return request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket';
}
