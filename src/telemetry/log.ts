import { type DestinationStream, type Logger, pino } from 'pino';
import type { Config } from '../config/config.ts';
import { prettyStream } from './pretty-stream.ts';
import { escapeUnprintable } from './printable.ts';
import { currentScope } from './request-scope.ts';
import { currentTraceId } from './tracing.ts';

/** Receives lines, each with its end. */
export type LogDestination = DestinationStream;

/** Structured logs. Level and request lines may change while the gateway runs. */
export type Log = Logger;

export type LogOptions = {
  readonly level: Config['log']['level'];
  readonly format: Config['log']['format'];
  /** Fields of every line. */
  readonly base: Readonly<Record<string, number>> | null;
};

export function createLog({ level, format, base }: LogOptions, destination: LogDestination): Log {
  const escaping = {
    write: (line: string) => destination.write(`${escapeUnprintable(line.slice(0, -1))}\n`),
  };
  return pino(
    {
      level,
      base,
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
