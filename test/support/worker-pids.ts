import { readFileSync } from 'node:fs';
import type { GatewayProcess } from './process.ts';

/** The process ids of a gateway's workers by number; replacements have the number of their predecessor. */
export function workerPids(gateway: GatewayProcess): ReadonlyMap<number, number> {
  const pids = new Map<number, number>();
  for (const line of gateway.stderr) {
    if (!line.includes('"event":"worker_ready"')) continue;
    const { worker, pid } = JSON.parse(line) as { worker: number; pid: number };
    pids.set(worker, pid);
  }
  return pids;
}

/** The process ids of a process's running children, in the order of their start. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/** Whether a process exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
