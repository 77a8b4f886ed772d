import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** A text of 30 KB that begins with these words, as if read from a socket. */
export function message(words: string): string {
  return Buffer.from(words + 's'.repeat(30_000)).toString('latin1');
}

/** The bytes that it leaves alive. */
export function keptBy(step: () => void): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  step();
  collect();
  return process.memoryUsage().heapUsed - before;
}
