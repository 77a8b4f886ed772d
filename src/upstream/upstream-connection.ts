import { Buffer } from 'node:buffer';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { tidyResponseHead } from './tidy-response-head.ts';

/** Bytes of a head. A Location may give a state of 8 KiB back, percent-encoded, and more beside it. */
export const HEAD_LIMIT = 64 * 1024;

const CR = 13;
const LF = 10;

/**
 * A connection to the upstream between its socket and undici, which takes what it reads by `socket.read()`. Tidies the heads of
 * responses (ADR 20), and tells when a kept connection turns out dead.
 */
class UpstreamConnection {
  readonly #socket: Socket;
  readonly #readSocket: () => Buffer | null;
  #expectsHead = false;
  #head: Buffer = Buffer.alloc(0);
  #responses = 0;
  #bytesBefore = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    const read = socket.read.bind(socket);
    this.#readSocket = read;
    // Node's own streams ask with a size of 0 for more to be fetched.
    socket.read = (size?: number) => (size === undefined ? this.#read() : read(size));
    socket.on('error', (error) => {
      if (this.#isDead) deadConnections.add(error);
    });
    socket.on('end', () => {
      if (!this.#isDead) return;
      socket.destroy(Object.assign(new Error('the kept connection has ended'), { code: 'ECONNRESET' }));
    });
  }

  /** A request is about to be sent. */
  expectHead(): void {
    this.#expectsHead = true;
    this.#bytesBefore = this.#socket.bytesRead;
  }

  /** Whether it has answered before, and nothing came for the request that it was sent. */
  get #isDead(): boolean {
    return this.#expectsHead && this.#responses > 0 && this.#socket.bytesRead === this.#bytesBefore;
  }

  #read(): Buffer | null {
    for (;;) {
      const chunk = this.#readSocket();
      if (chunk === null || !this.#expectsHead) return chunk;
      const bytes = this.#takeHead(this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]));
      if (bytes !== undefined) return bytes;
    }
  }

  /** `undefined`: there is more to come of it. */
  #takeHead(received: Buffer): Buffer | undefined {
    let bytes = received;
    for (;;) {
      bytes = bytes.subarray(countBlanks(bytes));
      const end = findHeadEnd(bytes);
      if (end === undefined && bytes.length <= HEAD_LIMIT) {
        this.#head = bytes;
        return undefined;
      }
      const head = bytes.toString('latin1', 0, end);
      const tidied = end === undefined ? head : tidyResponseHead(head);
      if (tidied !== 'interim') {
        this.#head = Buffer.alloc(0);
        this.#expectsHead = false;
        this.#responses += 1;
        return tidied === head ? bytes : Buffer.concat([Buffer.from(tidied, 'latin1'), bytes.subarray(end)]);
      }
      bytes = bytes.subarray(end);
    }
  }
}

/** Line ends in front of a head, which are no part of it (RFC 9112 2.2). */
function countBlanks(bytes: Buffer): number {
  let count = 0;
  while (bytes[count] === CR || bytes[count] === LF) count += 1;
  return count;
}

/** The offset behind the first blank line. */
function findHeadEnd(bytes: Buffer): number | undefined {
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return undefined;
}

const connections = new WeakMap<Socket, UpstreamConnection>();
const deadConnections = new WeakSet<Error>();

// Told of by undici in the moment before it writes the head of a request.
subscribe('undici:client:sendHeaders', (message) => {
  connections.get((message as { readonly socket: Socket }).socket)?.expectHead();
});

/** Stands between a socket and undici from now on. */
export function watchConnection(socket: Socket): void {
  connections.set(socket, new UpstreamConnection(socket));
}

/** Whether a request failed since the kept connection that it was sent on turned out dead. */
export function isDeadConnection(error: Error): boolean {
  return deadConnections.has(error);
}
