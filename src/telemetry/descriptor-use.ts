import { readdirSync, readFileSync } from 'node:fs';

/** How much of what this process may open is open, from 0 to 1. `undefined` where the system does not tell. */
export function readDescriptorUse(): number | undefined {
  try {
    const limit = Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]);
    // Less the one that it takes to count them.
    return limit > 0 ? (readdirSync('/proc/self/fd').length - 1) / limit : undefined;
  } catch (error) {
    // Not one is left to count them by.
    return error instanceof Error && 'code' in error && error.code === 'EMFILE' ? 1 : undefined;
  }
}
