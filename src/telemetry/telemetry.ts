import type { Config } from '../config/config.ts';
import { Events } from './events.ts';
import { createLog, type LogDestination } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';

export type TelemetryOptions = {
  /** `silent`: no log at all. */
  readonly log?: 'silent';
  /** Where the log goes. Default: standard error. */
  readonly logDestination?: LogDestination;
  /** Which of several processes this is. */
  readonly worker?: number;
};

export type Telemetry = { readonly metrics: Metrics; readonly events: Events };

/** Metrics and log of one process. */
export function createTelemetry(
  config: Config['log'],
  version: string,
  { log, logDestination, worker }: TelemetryOptions = {},
): Telemetry {
  const metrics = createMetrics({ version, node: process.version });
  const base = worker === undefined ? null : { worker };
  const level = log ?? config.level;
  return { metrics, events: new Events(metrics, createLog({ ...config, level }, base, logDestination)) };
}
