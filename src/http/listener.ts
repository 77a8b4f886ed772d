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

/** A multiple of the head timeout: how long a client may stop reading a response, which occupies a connection to the upstream. */
const UNTAKEN_FACTOR = 6;

export type ListenerOptions = {
  readonly address: Address;
  /** `undefined`: plain HTTP. */
  readonly tls?: TlsFiles | undefined;
  /** The timeout of a request's head, in milliseconds. */
  readonly headerTimeout: number;
  /** Milliseconds between two requests on one connection. */
  readonly keepAlive: number;
  readonly connections: number;
  readonly connectionsPerClient?: number;
  /** Many clients share the connections of a proxy. */
  readonly isProxy?: (address: string) => boolean;
  /** Whether other processes listen on the same address, and the system distributes connections among them. */
  readonly shared?: boolean;
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  /** WebSocket upgrades; without it, an Upgrade header means nothing (RFC 9110 7.8). */
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Called for data that is not a request. */
  readonly onUnreadable?: (cause: UnreadableCause) => void;
  /** Called when a connection beyond the limit was closed. */
  readonly onDrop?: () => void;
};

/** An HTTP server with its limits. */
export class Listener implements AsyncDisposable {
  readonly #options: ListenerOptions;
  readonly #server: Server | TlsServer;
  readonly #upgraded = new Set<Duplex>();
  readonly #pending: PendingResponses;
  readonly #clients = new ClientShares();
  #draining = false;
  #closing = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const { tls, headerTimeout } = options;
    this.#pending = new PendingResponses(
      // Behind all reads of this turn of the event loop. A busy gateway then runs the same code for one request after another,
      // which takes a tenth less CPU time, and the parser already knows whether the request is complete.
      (response) => setImmediate(options.onRequest, response.req, response),
      () => this.#onAnswered(),
    );
    const onRequest = (_request: IncomingMessage, response: ServerResponse) => this.#onRequest(response);
    const serverOptions: ServerOptions = {
      maxHeaderSize: MAX_HEADER_SIZE,
      headersTimeout: headerTimeout,
      // Bodies may stream for any time while data arrives; judged bodies have their own limit.
      requestTimeout: 0,
      keepAliveTimeout: options.keepAlive,
      // A late head is detected within a quarter of its timeout.
      connectionsCheckingInterval: Math.min(headerTimeout / 4, 5_000),
      // Request smuggling needs a proxy that parses more leniently than its neighbours (RFC 9112 11.2).
      insecureHTTPParser: false,
      // Node's own answer to a request without a Host has no request id: the handler answers instead.
      requireHostHeader: false,
      // A request without a body has no stream to read.
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
    // Their size is limited; by default, Node would hide headers beyond the 2000th from the judging code.
    this.#server.maxHeadersCount = 0;
    this.#server
      .on('connection', (socket: Socket) => this.#onConnection(socket))
      .on('drop', () => options.onDrop?.())
      .on('clientError', (error, socket) => this.#onClientError(error, socket))
      // An unknown expectation may be ignored (RFC 9110 10.1.1); it is not forwarded.
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

  /** Uses a new certificate for future connections. */
  renewCertificate(tls: TlsFiles): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(secureOptions(tls));
  }

  /**
   * Accepts no further request on open connections, but new connections for `delay` more milliseconds; then requests in
   * flight may finish for up to `drain`, and the rest is ended.
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
    // There is no point in waiting for the end of a WebSocket.
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

  #onRequest(response: ServerResponse): void {
    if (this.#draining) response.shouldKeepAlive = false;
    this.#pending.add(response);
  }

  /** Node keeps a connection open that becomes idle while the server closes, which would delay the end. */
  #onAnswered(): void {
    if (this.#closing) setImmediate(() => this.#server.closeIdleConnections());
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#upgraded.add(socket);
    socket.once('close', () => this.#upgraded.delete(socket));
    // An upgraded connection cannot answer earlier requests.
    if (this.#pending.of(socket).length > 0) socket.destroy();
    else this.#options.onUpgrade?.(request, socket, head);
  }

  /**
   * After complete requests, this answer would be mistaken for theirs: they get their own answers, and the connection ends after
   * the last one. During a response, it would be mistaken for a part of that response.
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

  /** No data for a while: the client does not read its response, or sends no further request. */
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
