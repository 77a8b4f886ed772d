import { Buffer } from 'node:buffer';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { isTidyHead, tidyResponseHead } from './tidy-response-head.ts';

/** The largest head in bytes. A Location may contain a percent-encoded state of 8 KiB, and more. */
export const HEAD_LIMIT = 64 * 1024;

const CR = 13;
const LF = 10;
const HEAD_END = '\r\n\r\n';
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * A layer between the upstream socket and undici, which reads with `socket.read()`. It tidies the heads of responses (ADR 20),
 * and detects dead kept-alive connections.
 */
class UpstreamConnection {
  readonly #socket: Socket;
  readonly #readSocket: () => Buffer | null;
  #expectsHead = false;
  #head = NOTHING;
  #responses = 0;
  #bytesBefore = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    const read = socket.read.bind(socket);
    this.#readSocket = read;
    // Node's own streams call it with a size of 0 to fetch more data.
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

  /** Whether it answered an earlier request, but sent nothing for the current one. */
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

  /** `undefined`: incomplete. */
  #takeHead(received: Buffer): Buffer | undefined {
    if (startsWithTidyHead(received)) {
      this.#endHead();
      return received;
    }
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
        this.#endHead();
        return tidied === head ? bytes : Buffer.concat([Buffer.from(tidied, 'latin1'), bytes.subarray(end)]);
      }
      bytes = bytes.subarray(end);
    }
  }

  #endHead(): void {
    this.#head = NOTHING;
    this.#expectsHead = false;
    this.#responses += 1;
  }
}

/** Nearly all do: with one search, and nothing copied. */
function startsWithTidyHead(bytes: Buffer): boolean {
  const end = bytes.indexOf(HEAD_END, 0, 'latin1');
  return end !== -1 && isTidyHead(bytes.toString('latin1', 0, end + HEAD_END.length));
}

/** Line ends before a head, which do not belong to it (RFC 9112 2.2). */
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

// undici emits this just before it writes the head of a request.
subscribe('undici:client:sendHeaders', (message) => {
  connections.get((message as { readonly socket: Socket }).socket)?.expectHead();
});

/** Inserts the layer between a socket and undici. */
export function watchConnection(socket: Socket): void {
  connections.set(socket, new UpstreamConnection(socket));
}

/** Whether a request failed because its kept-alive connection was dead. */
export function isDeadConnection(error: Error): boolean {
  return deadConnections.has(error);
}
