import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** A text of 30 KB with these words in front, as if it had come over a wire. */
export function message(words: string): string {
  return Buffer.from(words + 's'.repeat(30_000)).toString('latin1');
}

/** Bytes that are alive after it, and were not before. */
export function keptBy(step: () => void): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  step();
  collect();
  return process.memoryUsage().heapUsed - before;
}
