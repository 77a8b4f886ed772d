import { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';

const POOL_SIZE = 4096;
let pool = Buffer.alloc(0);
let used = 0;

/** Random bytes that nobody else gets. They come from the system many at a time: a call of its own for each costs more than all else about them. */
export function takeRandomBytes(size: number): Buffer {
  if (used + size > pool.length) {
    // A pool of its own each time: what was taken from the last one stays as it is, so that nothing is ever copied.
    pool = randomFillSync(Buffer.allocUnsafeSlow(POOL_SIZE));
    used = 0;
  }
  used += size;
  return pool.subarray(used - size, used);
}
