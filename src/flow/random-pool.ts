import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(4096);
let used = pool.length;

/** Random bytes that nobody else gets. They come from the system many at a time: a call of its own for each costs more than all else about them. */
export function takeRandomBytes(size: number): Buffer {
  if (used + size > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const taken = pool.subarray(used, used + size);
  used += size;
  const bytes = Buffer.from(taken);
  taken.fill(0);
  return bytes;
}
