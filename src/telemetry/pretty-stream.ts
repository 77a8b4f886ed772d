import type { DestinationStream } from 'pino';

/** Turns each JSON log line into a readable one: time, level, message, other fields. */
export function prettyStream(sink: DestinationStream): DestinationStream {
  return {
    write(line) {
      const { level, time, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
      const clock = String(time).slice(11, 23);
      const fields = Object.entries(rest).map(([key, value]) => `${key}=${format(value)}`);
      sink.write(`${[clock, String(level).toUpperCase().padEnd(5), msg, ...fields].join(' ')}\n`);
    },
  };
}

function format(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(value);
}
