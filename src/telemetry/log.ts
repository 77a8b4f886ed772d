import { type DestinationStream, type Logger, pino } from 'pino';
import type { Config } from '../config/config.ts';
import { PrettyStream } from './pretty-stream.ts';

export type Log = Logger;
/** Where lines go, each with its end. */
export type LogDestination = DestinationStream;

/** Structured logs. */
export function createLog(
  config: Config['log'],
  base: Readonly<Record<string, number>> | null,
  destination: LogDestination,
): Log {
  return pino(
    {
      level: config.level,
      base,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: serializeError },
    },
    config.format === 'pretty' ? new PrettyStream(destination) : destination,
  );
}

/** Class, code and message only: a stack or a property of a foreign error may hold what must not be logged. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code } = error as NodeJS.ErrnoException;
  const cause = error.cause instanceof Error ? serializeError(error.cause) : undefined;
  return { name: error.name, code, message: error.message, cause };
}
