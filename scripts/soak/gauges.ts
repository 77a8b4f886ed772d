import { readdir } from 'node:fs/promises';
import type { GatewayProcess } from '../../test/support/process.ts';
import type { Sample } from './slope.ts';

/** Memory and descriptors of one process, over time. */
export class Gauges {
  /** Bytes. */
  readonly heap: Sample[] = [];
  /** Bytes. */
  readonly resident: Sample[] = [];
  readonly descriptors: Sample[] = [];
  readonly #process: GatewayProcess;

  constructor(process: GatewayProcess) {
    this.#process = process;
  }

  async read(): Promise<void> {
    const text = await (await fetch(`${this.#process.adminUrl}/metrics`)).text();
    const metric = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    const at = performance.now();
    this.heap.push({ at, value: metric('nodejs_heap_size_used_bytes') });
    this.resident.push({ at, value: metric('process_resident_memory_bytes') });
    this.descriptors.push({ at, value: await this.countDescriptors() });
  }

  async countDescriptors(): Promise<number> {
    return (await readdir(`/proc/${this.#process.pid}/fd`)).length;
  }
}
