import type { ActivityBatch } from '../activity/activity-store.ts';
import type { ConfigPart } from '../config/config-parts.ts';
import type { MetricsSnapshot } from '../telemetry/merged-metrics.ts';
import type { Discovered } from '../upstream/discovery.ts';

/** What was learned about upstreams, by the settings that it depends on. */
export type AllDiscovered = ReadonlyMap<string, Discovered>;

/** The commands of the primary to a worker. An exception in the worker is passed to the caller in the primary. */
export type WorkerCommands = {
  /** Takes a part of the configuration with this number, which is for `start` or `stage`. */
  receive(config: number, part: ConfigPart): Promise<void>;
  /** Resolves to the public URL once it listens there. `discovered`: what other workers know. */
  start(worker: number, config: number, discovered: AllDiscovered): Promise<string>;
  /** Prepares a new configuration, which `commit` applies and `discard` drops. */
  stage(config: number): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
  /** Adds what it counted to the store; where no store is shared, hands it over. */
  flush(): Promise<readonly ActivityBatch[]>;
  readMetrics(): Promise<MetricsSnapshot>;
  /** The heartbeat, with what the worker knows and what it lacks: the issuers whose endpoints are unknown. */
  health(): Promise<WorkerHealth>;
  /** Resolves when no request is in flight; then the process ends. */
  drain(): Promise<void>;
};

export type WorkerHealth = { readonly discovered: AllDiscovered; readonly undiscovered: readonly string[] };

export type Call = {
  readonly id: number;
  readonly command: keyof WorkerCommands;
  readonly parameters: readonly unknown[];
};

export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly problem: string };
