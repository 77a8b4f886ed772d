import type { Config } from '../config/config.ts';
import type { MetricsSnapshot } from '../telemetry/merged-metrics.ts';

/** What the primary may ask of a worker. What a worker throws, its caller in the primary gets. */
export type WorkerCommands = {
  /** Resolves to the public URL, once it listens there. */
  start(worker: number, config: Config): Promise<string>;
  /** Gets another configuration ready, which `commit` puts in force and `discard` gives up. */
  stage(config: Config): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
  /** Adds what it counted for the inventory to the store. */
  flush(): Promise<void>;
  readMetrics(): Promise<MetricsSnapshot>;
  /** Resolves when nothing is in flight any more; then the process ends. */
  drain(): Promise<void>;
};

/** To a worker. */
export type Call = {
  readonly id: number;
  readonly command: keyof WorkerCommands;
  readonly parameters: readonly unknown[];
};

/** Back from it. */
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly problem: string };
