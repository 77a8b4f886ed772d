import { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';

const POOL_SIZE = 4096;
let pool = Buffer.alloc(0);
let used = 0;

/** Unique random bytes, which are requested from the system in bulk: one call per use would be expensive. */
export function takeRandomBytes(size: number): Buffer {
  if (used + size > pool.length) {
    // A new pool each time: slices of the old one stay valid without copying.
    pool = randomFillSync(Buffer.allocUnsafeSlow(POOL_SIZE));
    used = 0;
  }
  used += size;
  return pool.subarray(used - size, used);
}
