import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * The state of a wire. `refuses`: no listener. `hangs`: connections are accepted without a response. `mute`: requests
 * arrive, but responses do not. `resets`: each response is reset before its last byte. `fails`: a 500 instead of the
 * server. `slow`: each response is delayed.
 */
export type WireState = 'sound' | 'refuses' | 'hangs' | 'mute' | 'resets' | 'fails' | 'slow';

const SLOWNESS = 300;
const FAILURE =
  'HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nno\n';

/** Starts a TCP forwarder at its own loopback port. */
export async function startWire(targets: () => readonly string[]): Promise<Wire> {
  const wire = new Wire(targets);
  await wire.open();
  return wire;
}

/** Forwards TCP connections to the first of several servers that accepts, with faults on the way. */
export class Wire implements AsyncDisposable {
  readonly #targets: () => readonly string[];
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #state: WireState = 'sound';

  /** Returns the origins for each connection. */
  constructor(targets: () => readonly string[]) {
    this.#targets = targets;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Takes effect at once, also for existing connections. */
  async become(state: WireState): Promise<void> {
    this.#state = state;
    if (state === 'refuses') await this.#close();
    else await this.open();
  }

  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ pauseOnConnect: true }, (client) => void this.#join(client));
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  async #close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #join(client: Socket): Promise<void> {
    this.#keep(client);
    const server = await this.#reach();
    if (server === undefined || client.destroyed) {
      client.resetAndDestroy();
      server?.destroy();
      return;
    }
    client.on('data', (chunk) => this.#send(chunk, client, server));
    server.on('data', (chunk) => this.#bringBack(chunk, client));
    client.once('close', () => server.destroy());
    server.once('end', () => this.#inItsTime(() => client.end()));
    server.once('close', () => this.#inItsTime(() => client.destroySoon()));
    client.resume();
  }

  async #reach(): Promise<Socket | undefined> {
    for (const target of this.#targets()) {
      const { hostname, port } = new URL(target);
      const socket = this.#keep(connect(Number(port), hostname));
      const reached = await Promise.race([
        once(socket, 'connect').then(
          () => true,
          () => false,
        ),
        once(socket, 'close').then(() => false),
      ]);
      if (reached) return socket;
    }
    return undefined;
  }

  #send(chunk: Buffer, client: Socket, server: Socket): void {
    if (this.#state === 'fails') client.end(FAILURE);
    else if (this.#state !== 'hangs') server.write(chunk);
  }

  #bringBack(chunk: Buffer, client: Socket): void {
    if (this.#state === 'hangs' || this.#state === 'mute') return;
    if (this.#state === 'resets') client.write(chunk.subarray(0, -1), () => client.resetAndDestroy());
    else this.#inItsTime(() => client.write(chunk));
  }

  #inItsTime(step: () => void): void {
    if (this.#state === 'slow') setTimeout(step, SLOWNESS);
    else step();
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }
}
