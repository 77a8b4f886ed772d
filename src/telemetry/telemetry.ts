import type { Config } from '../config/config.ts';
import { Events } from './events.ts';
import { LineWriter } from './line-writer.ts';
import { createLog, type LogDestination } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';

const STANDARD_ERROR = 2;

export type TelemetryOptions = {
  /** `silent`: no log at all. */
  readonly log?: 'silent';
  /** Where the log goes. Default: standard error. */
  readonly logDestination?: LogDestination;
  /** Which of several processes this is. */
  readonly worker?: number;
};

/** Disposing of it writes what is left of the log, as far as that is taken within two seconds. */
export type Telemetry = AsyncDisposable & { readonly metrics: Metrics; readonly events: Events };

/** Metrics and log of one process. */
export async function createTelemetry(
  config: Config['log'],
  version: string,
  { log, logDestination, worker }: TelemetryOptions = {},
): Promise<Telemetry> {
  const metrics = createMetrics({ version, node: process.version });
  const base = worker === undefined ? null : { worker };
  const level = log ?? config.level;
  const writer = logDestination === undefined ? await openLog(metrics) : undefined;
  const destination = logDestination ?? (writer as LineWriter);
  return {
    metrics,
    events: new Events(metrics, createLog({ ...config, level }, base, destination)),
    [Symbol.asyncDispose]: async () => writer?.[Symbol.asyncDispose](),
  };
}

/** Standard output belongs to what a command prints. A pipe whose reader stands still holds no login up. */
function openLog({ logLinesDropped }: Metrics): Promise<LineWriter> {
  const onDrop = () => {
    logLinesDropped.value += 1;
  };
  return LineWriter.open({ destination: STANDARD_ERROR, atOnce: true, onDrop });
}
