import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The most requests of one read that may wait for another one; the rest is answered on a new connection. */
const WAITING_LIMIT = 100;

/**
 * The pending responses of each connection, in order: one request at a time is handled. Further requests stay in the socket,
 * except those that Node read together with the current one.
 */
export class PendingResponses {
  readonly #byConnection = new Map<Duplex, ServerResponse[]>();
  readonly #serve: (response: ServerResponse) => void;
  readonly #onAnswered: () => void;

  /** `serve` is called when it is a request's turn. */
  constructor(serve: (response: ServerResponse) => void, onAnswered: () => void) {
    this.#serve = serve;
    this.#onAnswered = onAnswered;
  }

  add(response: ServerResponse): void {
    const { socket } = response.req;
    const pending = this.of(socket);
    const last = pending.at(-1);
    if (last === undefined) {
      this.#push(socket, response);
      this.#serve(response);
      return;
    }
    socket.pause();
    if (pending.length > WAITING_LIMIT) {
      // RFC 9112 9.3.2: a client repeats requests that a closed connection left unanswered.
      last.shouldKeepAlive = false;
      return;
    }
    this.#push(socket, response);
    response.once('socket', () => {
      if (this.of(socket).at(-1) === response) socket.resume();
      this.#serve(response);
    });
  }

  of(socket: Duplex): readonly ServerResponse[] {
    return this.#byConnection.get(socket) ?? [];
  }

  /** Accepts no further request on any connection. */
  drain(): void {
    for (const pending of this.#byConnection.values()) {
      for (const response of pending) response.shouldKeepAlive = false;
    }
  }

  #push(socket: Duplex, response: ServerResponse): void {
    const pending = this.#byConnection.get(socket) ?? this.#connect(socket);
    pending.push(response);
    response.on('close', () => {
      pending.splice(pending.indexOf(response), 1);
      this.#onAnswered();
    });
  }

  /** Its listener lives as long as the connection, and must not keep a response. */
  #connect(socket: Duplex): ServerResponse[] {
    const pending: ServerResponse[] = [];
    this.#byConnection.set(socket, pending);
    socket.once('close', () => this.#byConnection.delete(socket));
    return pending;
  }
}
