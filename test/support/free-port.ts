import { createServer } from 'node:net';
import { listen } from './listener.ts';

/** Below those that systems give to outgoing connections (Linux from 32768, others from 49152): nobody gets one by chance. */
const FIRST = 10_240;
const COUNT = 22_000;

/** Processes that run side by side begin far apart, so that none comes upon a port that another has only just been told. */
let next = (process.pid * 7_919) % COUNT;

/** A port on which nobody listens: for parties that must know each other's URL before either has started. */
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
