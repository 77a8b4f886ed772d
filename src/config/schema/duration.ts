import { type Parsed, textAs } from './scalars.ts';

const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
const PATTERN = /^(\d{1,9})(ms|s|m|h)$/;
const FORM = 'must be a duration such as 300ms, 30s, 10m or 2h';

/** `300ms` `30s` `10m` `2h` → milliseconds. */
function parseDuration(text: string): Parsed<number> {
  const [, count, unit] = PATTERN.exec(text) ?? [];
  if (count === undefined || unit === undefined) return { problem: FORM };
  return { value: Number(count) * MILLISECONDS[unit as keyof typeof MILLISECONDS] };
}

/** A duration within limits, which are written as durations too. */
export function duration(min: string, max: string) {
  const least = millisecondsOf(min);
  const most = millisecondsOf(max);
  return textAs(
    (text) => {
      const parsed = parseDuration(text);
      if ('problem' in parsed) return parsed;
      if (parsed.value < least) return { problem: `must be at least ${min}` };
      if (parsed.value > most) return { problem: `must be at most ${max}` };
      return parsed;
    },
    { 'x-unit': 'duration', 'x-type': `duration, ${min} to ${max}`, pattern: '^[0-9]+(ms|s|m|h)$' },
    FORM,
  );
}

function millisecondsOf(text: string): number {
  const parsed = parseDuration(text);
  if ('problem' in parsed) throw new TypeError(`${text}: ${parsed.problem}`);
  return parsed.value;
}
