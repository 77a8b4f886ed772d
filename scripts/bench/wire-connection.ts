import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export type WireAnswer = {
  readonly status: number;
  /** Status line and headers. */
  readonly head: string;
  readonly body: Buffer;
};

/**
 * One keep-alive connection that sends ready-made requests and reads answers with a Content-Length. An HTTP client would
 * cost more than some of the proxies under test, and load the machine instead of them.
 */
export class WireConnection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<WireAnswer> | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () =>
      this.#waiting?.reject(new Error('the connection was closed in the middle of an answer')),
    );
  }

  static async open(port: number): Promise<WireConnection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new WireConnection(socket);
  }

  request(text: string): Promise<WireAnswer> {
    this.#waiting = Promise.withResolvers();
    this.#socket.write(text, 'latin1');
    return this.#waiting.promise;
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf('\r\n\r\n');
    if (end === -1) return;
    const head = this.#received.toString('latin1', 0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) {
      this.#waiting?.reject(new Error(`an answer without Content-Length: ${head}`));
      return;
    }
    const total = end + 4 + Number(length);
    if (this.#received.length < total) return;
    const body = this.#received.subarray(end + 4, total);
    this.#received = this.#received.subarray(total);
    this.#waiting?.resolve({ status: Number(head.slice(9, 12)), head, body });
  }
}
