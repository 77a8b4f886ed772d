import { type DestinationStream, type Logger, pino } from 'pino';
import type { Config } from '../config/config.ts';
import { escapeUnprintable } from './printable.ts';
import { currentScope } from './request-scope.ts';
import { currentTraceId } from './tracing.ts';

/** Receives lines, each with its end. */
export type LogDestination = DestinationStream;

/** Structured logs. Level and request lines may change while the gateway runs. */
export type Log = Logger;

/** `worker`: the number of this process, for every line. */
export function createLog(
  { level, format }: Pick<Config['log'], 'level' | 'format'>,
  worker: number | undefined,
  destination: LogDestination,
): Log {
  const escaping = {
    write: (line: string) => destination.write(`${escapeUnprintable(line.slice(0, -1))}\n`),
  };
  return pino(
    {
      level,
      base: worker === undefined ? null : { worker },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: serializeError },
      mixin: requestFields,
    },
    format === 'pretty' ? prettyStream(escaping) : escaping,
  );
}

/** Connects a line with the other lines of its request, and with its trace. */
function requestFields(): object {
  const requestId = currentScope()?.requestId;
  return requestId === undefined ? {} : { request_id: requestId, trace_id: currentTraceId() };
}

/** Class, code and message only: a stack or another property of an error may contain secrets. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code } = error as NodeJS.ErrnoException;
  const cause = error.cause instanceof Error ? serializeError(error.cause) : undefined;
  return { name: error.name, code, message: error.message, cause };
}

/** Turns each JSON log line into a readable one: time, level, message, other fields. */
function prettyStream(sink: LogDestination): LogDestination {
  return {
    write(line) {
      const { level, time, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
      const clock = String(time).slice(11, 23);
      const fields = Object.entries(rest).map(([key, value]) => `${key}=${formatField(value)}`);
      sink.write(`${[clock, String(level).toUpperCase().padEnd(5), msg, ...fields].join(' ')}\n`);
    },
  };
}

function formatField(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(value);
}
