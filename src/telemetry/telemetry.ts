import type { Config } from '../config/config.ts';
import { Events } from './events.ts';
import { LineSink } from './line-sink.ts';
import { createLog, type LogDestination } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { ProcessEvents } from './process-events.ts';

const STANDARD_ERROR = 2;

export type TelemetryOptions = {
  /** The destination of the log. Default: standard error. */
  readonly logDestination?: LogDestination;
  /** The number of this process, if there are several. */
  readonly worker?: number;
};

/** Disposal writes the remaining log lines, for up to two seconds. */
export type Telemetry = AsyncDisposable & {
  readonly metrics: Metrics;
  readonly events: Events;
  readonly processEvents: ProcessEvents;
  /** Applies the level, and enables or disables lines for requests. */
  configure(config: Config['log']): void;
};

/** Metrics and log of one process. */
export async function createTelemetry(
  config: Config['log'],
  version: string,
  { logDestination, worker }: TelemetryOptions = {},
): Promise<Telemetry> {
  const metrics = createMetrics({ version, node: process.version });
  // Standard output is for the output of commands. A stalled pipe does not delay logins.
  const sink =
    logDestination ??
    (await LineSink.open({ destination: STANDARD_ERROR, onDrop: () => metrics.logLinesDropped.inc() }));
  const log = createLog(config, worker, sink);
  const events = new Events(metrics, log, config.requests);
  return {
    metrics,
    events,
    processEvents: new ProcessEvents(metrics, log),
    configure(next) {
      log.level = next.level;
      events.logRequests(next.requests);
    },
    [Symbol.asyncDispose]: async () => {
      if (sink instanceof LineSink) await sink[Symbol.asyncDispose]();
    },
  };
}
