import { randomUUID } from 'node:crypto';
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
import { type Entry, InOrder } from './in-order.ts';

/** A client's state alone may have 8 KiB, 24 KiB when percent-encoded. */
const MAX_HEADER_SIZE = 32 * 1024;

const ENTRY = Symbol('its entry among those that are being answered');
type Tracked = ServerResponse & { [ENTRY]: Entry<ServerResponse> };

/** How often the time for a head: how long a client may leave an answer untaken. It takes up a connection to the upstream. */
const READ_PATIENCE = 6;

/** Requests that wait behind another one on a connection: far more than any client has that means well. */
const MAX_WAITING = 100;

export type ListenerOptions = {
  readonly address: Address;
  /** `undefined`: plain HTTP. */
  readonly tls?: TlsFiles | undefined;
  /** Milliseconds for a request's head, and twice that between two of them on one connection. */
  readonly headerTimeout: number;
  readonly connections: number;
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

export type UnreadableCause = 'malformed' | 'head_too_large' | 'head_too_slow';

const UNREADABLE = {
  malformed: '400 Bad Request',
  head_too_large: '431 Request Header Fields Too Large',
  head_too_slow: '408 Request Timeout',
} as const;

/** An HTTP server with its limits. */
export class Listener implements AsyncDisposable {
  readonly #server: Server | TlsServer;
  readonly #secure: boolean;
  readonly #address: Address;
  readonly #shared: boolean;
  readonly #upgraded = new Set<Duplex>();
  readonly #answering = new InOrder<ServerResponse>();
  /** How many requests wait on a connection, where any do. */
  readonly #waiting = new WeakMap<Duplex, number>();
  readonly #onAnswered: (this: ServerResponse) => void;
  #draining = false;
  #closing = false;

  constructor(options: ListenerOptions) {
    this.#address = options.address;
    this.#shared = options.shared ?? false;
    const { onUpgrade, onUnreadable, onDrop } = options;
    this.#secure = options.tls !== undefined;
    const onRequest: typeof options.onRequest = (request, response) => {
      if (this.#track(response)) options.onRequest(request, response);
    };
    const serverOptions: ServerOptions = {
      maxHeaderSize: MAX_HEADER_SIZE,
      headersTimeout: options.headerTimeout,
      // Bodies stream for as long as they move; those that are judged have a limit of their own.
      requestTimeout: 0,
      keepAliveTimeout: Math.max(options.headerTimeout * 2, 5_000),
      // A head that is late is noticed within a quarter of its time.
      connectionsCheckingInterval: Math.min(options.headerTimeout / 4, 5_000),
      // A proxy that reads a message more leniently than its neighbours is what smuggling needs (RFC 9112 11.2).
      insecureHTTPParser: false,
      // Node's own answer to a request without one has no id: whoever handles it answers.
      requireHostHeader: false,
      // What has no body has no stream to be read to its end either.
      optimizeEmptyRequests: true,
      shouldUpgradeCallback: (request) => onUpgrade !== undefined && isWebSocket(request),
    };
    this.#server =
      options.tls === undefined
        ? createServer(serverOptions, onRequest)
        : createTlsServer(
            { ...serverOptions, ...secureOptions(options.tls), handshakeTimeout: options.headerTimeout },
            onRequest,
          );
    const listener = this;
    // One for all responses.
    this.#onAnswered = function () {
      listener.#answering.remove((this as Tracked)[ENTRY]);
      const waiting = listener.#waiting.get(this.req.socket) ?? 0;
      if (waiting > 0) listener.#waiting.set(this.req.socket, waiting - 1);
      if (listener.#closing) setImmediate(() => listener.#server.closeIdleConnections());
    };
    this.#server.maxConnections = options.connections;
    // Their size is limited; by default, Node would hide those beyond the 2000th from whoever judges.
    this.#server.maxHeadersCount = 0;
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      const cause = causeOf(error.code ?? '');
      if (cause !== undefined) {
        onUnreadable?.(cause);
        if (this.#endAfterAnswers(socket)) return;
        if (this.#mayAnswer(socket)) {
          socket.write(unreadableAnswer(cause));
        }
      }
      socket.destroy(error);
    });
    // An expectation that nobody knows may be passed over (RFC 9110 10.1.1); it does not go on.
    this.#server.on('checkExpectation', (request, response) =>
      this.#server.emit('request', request, response),
    );
    if (onDrop !== undefined) this.#server.on('drop', onDrop);
    this.#server.on('upgrade', (request, socket, head) => {
      this.#upgraded.add(socket);
      socket.once('close', () => this.#upgraded.delete(socket));
      if (!this.#endUnanswered(socket)) onUpgrade?.(request, socket, head);
    });
    this.#server.on('connect', (_request, socket) => {
      this.#endUnanswered(socket);
      socket.destroy();
    });
    this.#server.setTimeout(options.headerTimeout * READ_PATIENCE, (socket) => this.#endIfStill(socket));
  }

  /** Resolves to the URL that it listens on. */
  async listen(): Promise<string> {
    const { host, port } = this.#address;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject).listen({ host, port, backlog: 1024, reusePort: this.#shared }, () => {
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

  /**
   * Gives no connection a second request from now on, but takes new ones for `delay` more milliseconds; then requests in
   * flight may finish for as long as `drain`, and what is left is ended.
   */
  async drain({ delay, drain }: { readonly delay: number; readonly drain: number }): Promise<void> {
    this.#draining = true;
    for (const response of this.#answering) response.shouldKeepAlive = false;
    if (delay > 0) await setTimeout(delay);
    await this.#close(drain);
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

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    this.#draining = true;
    const closed = this.#close(0);
    this.#end();
    await closed;
  }

  /** Whether the request is to be answered. */
  #track(response: ServerResponse): boolean {
    if (response.socket === null && !this.#mayWait(response.req.socket)) return false;
    // Node leaves a connection open that becomes idle while the server closes: it would hold up the end.
    if (this.#draining) response.shouldKeepAlive = false;
    (response as Tracked)[ENTRY] = this.#answering.add(response);
    response.on('close', this.#onAnswered);
    return true;
  }

  /** Node reads on while requests wait, and each of them takes up memory and a connection to the upstream. */
  #mayWait(socket: Socket): boolean {
    const waiting = this.#waiting.get(socket) ?? 0;
    this.#waiting.set(socket, waiting + 1);
    if (waiting >= MAX_WAITING) socket.destroy();
    return !socket.destroyed;
  }

  /**
   * Whole requests came before what cannot be read: an answer now would pass for theirs. They get their own, and the
   * connection ends behind the last of them.
   */
  #endAfterAnswers(socket: Duplex): boolean {
    const last = [...this.#answering].findLast(({ req }) => req.socket === socket && req.complete);
    if (last === undefined || !socket.writable) return false;
    last.shouldKeepAlive = false;
    return !last.headersSent;
  }

  /**
   * Whether requests before this one wait for their answers on a connection that speaks HTTP no more: Node would tell
   * nobody of its end.
   */
  #endUnanswered(socket: Duplex): boolean {
    const unanswered = [...this.#answering].filter(({ req }) => req.socket === socket);
    for (const response of unanswered) response.destroy();
    return unanswered.length > 0;
  }

  /** Nothing has moved for a while: the client does not take what it asked for, or it has asked for nothing more. */
  #endIfStill(socket: Socket): void {
    const waits = () => Iterator.from(this.#answering).some(({ req }) => req.socket === socket);
    if (socket.writableLength > 0 || !waits()) socket.destroy();
  }

  /** In the middle of a response, an answer would be taken for a part of it. */
  #mayAnswer(socket: Duplex): boolean {
    const begun = [...this.#answering].some(({ req, headersSent }) => req.socket === socket && headersSent);
    return socket.writable && !begun;
  }

  #end(): void {
    this.#server.closeAllConnections();
    for (const socket of this.#upgraded) socket.destroy();
  }
}

function secureOptions({ cert, key }: TlsFiles) {
  return { cert, key, minVersion: 'TLSv1.2' } as const;
}

function unreadableAnswer(cause: UnreadableCause): string {
  const headers = `Connection: close\r\nCache-Control: no-store\r\nX-Request-Id: ${randomUUID()}\r\nContent-Length: 0`;
  return `HTTP/1.1 ${UNREADABLE[cause]}\r\n${headers}\r\n\r\n`;
}

/** `undefined`: the connection is gone, or never became one (TLS). */
function causeOf(code: string): UnreadableCause | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') return 'head_too_large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'head_too_slow';
  return code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE' ? 'malformed' : undefined;
}

function isWebSocket(request: IncomingMessage): boolean {
  return request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket';
}
