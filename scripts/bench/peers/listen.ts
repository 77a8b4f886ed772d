import type { Server } from 'node:http';

/** Listens on a free port and says so to whoever started it. */
export function listen(server: Server): void {
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    process.stdout.write(`port ${typeof address === 'object' ? address?.port : ''}\n`);
  });
}
