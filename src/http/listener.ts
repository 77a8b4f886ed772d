import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as startTimer } from 'node:timers';
import { setTimeout } from 'node:timers/promises';
import type { Address, TlsFiles } from '../config/config.ts';
import { clientOf, plainAddress } from './client-address.ts';
import { ClientShares } from './client-shares.ts';
import { PendingResponses } from './pending-responses.ts';
import { answerUnreadable, type UnreadableCause, unreadableCause } from './unreadable.ts';

/** A client's state alone may have 8 KiB, 24 KiB when percent-encoded. */
const MAX_HEADER_SIZE = 32 * 1024;

/** A multiple of the time for a head: how long a client may leave a response untaken. It takes up a connection to the upstream. */
const UNTAKEN_FACTOR = 6;

export type ListenerOptions = {
  readonly address: Address;
  /** `undefined`: plain HTTP. */
  readonly tls?: TlsFiles | undefined;
  /** Milliseconds for a request's head. */
  readonly headerTimeout: number;
  /** Milliseconds between two requests on one connection. */
  readonly keepAlive: number;
  readonly connections: number;
  readonly connectionsPerClient?: number;
  /** Many clients share the connections of a proxy. */
  readonly isProxy?: (address: string) => boolean;
  /** Whether other processes listen on the same address, and the system deals connections out among them. */
  readonly shared?: boolean;
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  /** WebSocket upgrades; without it, an Upgrade header means nothing (RFC 9110 7.8). */
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** What came was no request. */
  readonly onUnreadable?: (cause: UnreadableCause) => void;
  /** A connection more than allowed was closed. */
  readonly onDrop?: () => void;
};

/** An HTTP server with its limits. */
export class Listener implements AsyncDisposable {
  readonly #options: ListenerOptions;
  readonly #server: Server | TlsServer;
  readonly #upgraded = new Set<Duplex>();
  readonly #pending = new PendingResponses(() => this.#onAnswered());
  readonly #clients = new ClientShares();
  #draining = false;
  #closing = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const { tls, headerTimeout } = options;
    const onRequest = (request: IncomingMessage, response: ServerResponse) =>
      this.#onRequest(request, response);
    const serverOptions: ServerOptions = {
      maxHeaderSize: MAX_HEADER_SIZE,
      headersTimeout: headerTimeout,
      // Bodies stream for as long as they move; those that are judged have a limit of their own.
      requestTimeout: 0,
      keepAliveTimeout: options.keepAlive,
      // A head that is late is noticed within a quarter of its time.
      connectionsCheckingInterval: Math.min(headerTimeout / 4, 5_000),
      // A proxy that reads a message more leniently than its neighbours is what smuggling needs (RFC 9112 11.2).
      insecureHTTPParser: false,
      // Node's own answer to a request without one has no id: whoever handles it answers.
      requireHostHeader: false,
      // What has no body has no stream to be read to its end either.
      optimizeEmptyRequests: true,
      shouldUpgradeCallback: (request) => options.onUpgrade !== undefined && isWebSocket(request),
    };
    this.#server =
      tls === undefined
        ? createServer(serverOptions, onRequest)
        : createTlsServer(
            { ...serverOptions, ...secureOptions(tls), handshakeTimeout: headerTimeout },
            onRequest,
          );
    this.#server.maxConnections = options.connections;
    // Their size is limited; by default, Node would hide those beyond the 2000th from whoever judges.
    this.#server.maxHeadersCount = 0;
    this.#server
      .on('connection', (socket: Socket) => this.#onConnection(socket))
      .on('drop', () => options.onDrop?.())
      .on('clientError', (error, socket) => this.#onClientError(error, socket))
      // An expectation that nobody knows may be passed over (RFC 9110 10.1.1); it does not go on.
      .on('checkExpectation', onRequest)
      .on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head))
      .on('connect', (_request, socket) => socket.destroy());
    this.#server.setTimeout(headerTimeout * UNTAKEN_FACTOR, (socket) => this.#endIfStill(socket));
  }

  /** Resolves to the URL that it listens on. */
  async listen(): Promise<string> {
    const { address, shared = false, tls } = this.#options;
    const { host, port } = address;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject).listen({ host, port, backlog: 1024, reusePort: shared }, () => {
      this.#server.off('error', reject);
      resolve();
    });
    await promise;
    const bound = this.#server.address() as AddressInfo;
    return `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${bound.port}`;
  }

  /** Takes another certificate for connections to come. */
  renewCertificate(tls: TlsFiles): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(secureOptions(tls));
  }

  /**
   * Gives no connection a second request from now on, but takes new ones for `delay` more milliseconds; then requests in
   * flight may finish for as long as `drain`, and what is left is ended.
   */
  async drain({ delay, drain }: { readonly delay: number; readonly drain: number }): Promise<void> {
    this.#draining = true;
    this.#pending.drain();
    if (delay > 0) await setTimeout(delay);
    await this.#close(drain);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    this.#draining = true;
    const closed = this.#close(0);
    this.#end();
    await closed;
  }

  async #close(grace: number): Promise<void> {
    this.#closing = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const deadline = startTimer(() => this.#end(), grace);
    // A WebSocket has no end to wait for.
    for (const socket of this.#upgraded) socket.destroy();
    await closed;
    clearTimeout(deadline);
  }

  #end(): void {
    this.#server.closeAllConnections();
    for (const socket of this.#upgraded) socket.destroy();
  }

  #onConnection(socket: Socket): void {
    const { isProxy, connectionsPerClient = Number.POSITIVE_INFINITY, onDrop } = this.#options;
    const address = plainAddress(socket.remoteAddress ?? '');
    if (isProxy?.(address)) return;
    const client = clientOf(address);
    if (this.#clients.of(client) >= connectionsPerClient) {
      onDrop?.();
      socket.destroy();
      return;
    }
    this.#clients.take(client);
    socket.once('close', () => this.#clients.giveBack(client));
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (this.#draining) response.shouldKeepAlive = false;
    this.#pending.add(response, () => this.#options.onRequest(request, response));
  }

  /** Node leaves a connection open that becomes idle while the server closes: it would hold up the end. */
  #onAnswered(): void {
    if (this.#closing) setImmediate(() => this.#server.closeIdleConnections());
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#upgraded.add(socket);
    socket.once('close', () => this.#upgraded.delete(socket));
    // A connection that speaks HTTP no more cannot answer what came before.
    if (this.#pending.of(socket).length > 0) socket.destroy();
    else this.#options.onUpgrade?.(request, socket, head);
  }

  /**
   * Behind requests that came whole, an answer would pass for theirs: they get their own, and the connection ends behind the
   * last of them. In the middle of a response, it would pass for a part of that.
   */
  #onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    const cause = unreadableCause(error.code);
    if (cause !== undefined) {
      this.#options.onUnreadable?.(cause);
      const pending = this.#pending.of(socket);
      const last = pending.findLast(({ req }) => req.complete);
      if (last !== undefined && !last.headersSent && socket.writable) {
        last.shouldKeepAlive = false;
        return;
      }
      if (socket.writable && !pending.some(({ headersSent }) => headersSent)) answerUnreadable(socket, cause);
    }
    socket.destroy(error);
  }

  /** Nothing has moved for a while: the client does not take what it asked for, or it has asked for nothing more. */
  #endIfStill(socket: Socket): void {
    if (socket.writableLength > 0 || this.#pending.of(socket).length === 0) socket.destroy();
  }
}

function secureOptions({ cert, key }: TlsFiles) {
  return { cert, key, minVersion: 'TLSv1.2' } as const;
}

function isWebSocket(request: IncomingMessage): boolean {
  return request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket';
}
