import { connect, type Socket } from 'node:net';

export type Reply = {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** Unrequested data after the response. */
  readonly excess: string;
};

/** A client connection that sends one request after the other, byte by byte; reopened if the other side closes it. */
export class KeptConnection implements Disposable {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
  }

  /** The final response; `undefined`: the connection ended without one. Rejects after ten seconds without data. */
  exchange(bytes: string, method: string): Promise<Reply | undefined> {
    const socket = this.#socket ?? this.#open();
    const { promise, resolve, reject } = Promise.withResolvers<Reply | undefined>();
    let received = '';
    const settle = (reply: Reply | undefined, keep: boolean) => {
      clearTimeout(deadline);
      socket.off('data', onData).off('close', onClose);
      if (!keep) this[Symbol.dispose]();
      resolve(reply);
    };
    const onData = (chunk: Buffer) => {
      received += chunk.toString('latin1');
      const reply = parseReply(received, method);
      if (reply !== undefined) settle(reply, !/^connection: close/im.test(reply.head) && reply.excess === '');
    };
    const onClose = () => settle(parseReply(received, method, true), false);
    const deadline = setTimeout(() => {
      this[Symbol.dispose]();
      reject(new Error('no answer'));
    }, 10_000);
    socket.on('data', onData).on('close', onClose);
    socket.write(bytes, 'latin1');
    return promise;
  }

  /** For data that may not be a complete request: sends it, disconnects after a while, and waits for the end. */
  async throwIn(bytes: string): Promise<void> {
    this[Symbol.dispose]();
    const socket = this.#open();
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.resume().write(bytes, 'latin1');
    const hangUp = setTimeout(() => socket.end(), 30);
    socket.once('end', () => socket.end());
    await closed;
    clearTimeout(hangUp);
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #open(): Socket {
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true });
    // A reset counts as an end.
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
    this.#socket = socket;
    return socket;
  }
}

/** `ended`: no more data will arrive. */
function parseReply(received: string, method: string, ended = false): Reply | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const head = received.slice(0, headEnd + 2);
  const status = Number(head.slice(9, 12));
  const rest = received.slice(headEnd + 4);
  if (status < 200 && status !== 101) return parseReply(rest, method, ended);
  const bodiless = method === 'HEAD' || status === 204 || status === 304 || status === 101;
  const chunked = /^transfer-encoding: chunked/im.test(head);
  const size = bodiless
    ? 0
    : chunked
      ? chunkedSize(rest)
      : Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Infinity);
  if (rest.length < size && !ended) return undefined;
  return { status, head, body: rest.slice(0, size), excess: rest.slice(size) };
}

/** The length of a chunked body, or `Infinity` if its end is missing. */
function chunkedSize(text: string): number {
  for (let at = 0; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd === -1) return Infinity;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    at = lineEnd + 2 + size + 2;
    if (at > text.length) return Infinity;
    if (size === 0) return at;
  }
}
