import { createServer } from 'node:net';
import { listen } from './listener.ts';

/** Below the ephemeral ports of outgoing connections (Linux from 32768, others from 49152), so that no connection takes one by chance. */
const FIRST = 10_240;
const COUNT = 22_000;

/** Concurrent processes begin far apart, so that none gets a port that another one was just given. */
let next = (process.pid * 7_919) % COUNT;

/** A port without a listener, for parties that must know each other's URL before they start. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < COUNT; tries += 1) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    try {
      await using _probe = await listen(createServer(), host, port);
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  throw new Error(`no free port on ${host}`);
}
