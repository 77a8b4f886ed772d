import { createServer } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A listening server that can be disposed of. */
export type Listener = AsyncDisposable & {
  readonly host: string;
  readonly port: number;
  /** Origin, without a trailing slash. */
  readonly url: string;
  stop(): Promise<void>;
};

/** Listens on a loopback address; port 0 picks a free port. */
export async function listen(server: Server, host = '127.0.0.1', port = 0): Promise<Listener> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const bound = (server.address() as AddressInfo).port;

  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= new Promise((resolve) => {
      server.close(() => resolve());
      // closeAllConnections() ignores upgraded sockets, for which close() would wait.
      for (const socket of sockets) socket.destroy();
    });
    return stopped;
  };
  return { host, port: bound, url: `http://${host}:${bound}`, stop, [Symbol.asyncDispose]: stop };
}

/** Whether this machine has the address: Linux has all of 127/8, macOS only 127.0.0.1. */
export async function canListenOn(host: string): Promise<boolean> {
  try {
    await using _listener = await listen(createServer(), host);
    return true;
  } catch {
    return false;
  }
}
