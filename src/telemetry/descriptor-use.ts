import { readdirSync, readFileSync } from 'node:fs';

/** The share of this process's file descriptors that is in use, from 0 to 1. `undefined` if the system does not say. */
export function readDescriptorUse(): number | undefined {
  try {
    const limit = Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
    // Without the descriptor that the count itself uses.
    return limit > 0 ? (readdirSync('/proc/self/fd').length - 1) / limit : undefined;
  } catch (error) {
    // No descriptor is left for the count.
    return error instanceof Error && 'code' in error && error.code === 'EMFILE' ? 1 : undefined;
  }
}
