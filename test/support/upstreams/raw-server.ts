import { createServer, type Socket } from 'node:net';
import { type Listener, listen } from '../listener.ts';

export type RawServer = Listener & {
  /** The head of every request, as on the wire. */
  readonly heads: string[];
};

/** A server that answers each request head with configured bytes, HTTP or not. */
export async function startRawServer(answer: (socket: Socket, head: string) => void): Promise<RawServer> {
  const heads: string[] = [];
  const server = createServer((socket) => {
    let received = '';
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      for (let end = received.indexOf('\r\n\r\n'); end >= 0; end = received.indexOf('\r\n\r\n')) {
        const head = received.slice(0, end);
        received = received.slice(end + 4);
        heads.push(head);
        answer(socket, head);
      }
    });
  });
  return { ...(await listen(server)), heads };
}
