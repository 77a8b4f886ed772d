import { z } from 'zod';
import { type Parsed, textAs, unwrapParsed } from './scalars.ts';

/** What the units of a quantity stand for, smallest first: milliseconds, bytes. */
const UNITS = {
  duration: new Map(Object.entries({ ms: 1, s: 1000, m: 60_000, h: 3_600_000 })),
  size: new Map(Object.entries({ B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 })),
};

const DURATION_FORM = 'must be a duration such as 300ms, 30s, 10m or 2h';
const SIZE_FORM = 'must be a size such as 64KiB or 1MiB, or a number of bytes';
const QUANTITY = /^(\d{1,12})([A-Za-z]+)$/;

/** `300ms` `30s` `10m` `2h` → milliseconds, within limits. */
export function duration(min: string, max: string) {
  const notes = { 'x-unit': 'duration', 'x-type': `duration, ${min} to ${max}` } as const;
  const parse = within('duration', min, max, DURATION_FORM);
  return textAs({ ...notes, pattern: '^[0-9]+(ms|s|m|h)$' }, parse, DURATION_FORM);
}

/** `64KiB` `1MiB` or plain bytes → bytes, within limits. */
export function size(min: string, max: string) {
  const parse = within('size', min, max, SIZE_FORM);
  return z
    .union([z.number(), z.string()], { error: SIZE_FORM })
    .transform((value, context) => unwrapParsed(parse(value), context))
    .meta({
      'x-unit': 'size',
      'x-type': `size, ${min} to ${max}`,
      anyOf: [
        { type: 'integer', minimum: numberOf(min, 'size'), maximum: numberOf(max, 'size') },
        { type: 'string', pattern: '^(\\d{1,12})(B|KiB|MiB|GiB)$' },
      ],
    });
}

const MOMENT_FORM =
  'must be a moment with its offset, such as 2027-01-15T00:00:00Z or 2027-01-15T09:00:00+01:00';
const ISO = /^(\d{4}-\d{2}-\d{2})T(\d{2}):\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:\d{2})$/;

/** ISO 8601 with an offset → epoch milliseconds. */
function parseTimestamp(text: string): Parsed<number> {
  const [, date, hour] = ISO.exec(text) ?? [];
  const moment = Date.parse(text);
  if (date === undefined || Number(hour) > 23 || Number.isNaN(moment)) return { problem: MOMENT_FORM };
  // Date.parse reads February 30 as March 2.
  if (new Date(`${date}T00:00:00Z`).toISOString().slice(0, 10) !== date) {
    return { problem: `${date} is not a calendar date` };
  }
  return { value: moment };
}

export const timestamp = textAs(
  { 'x-unit': 'moment', 'x-type': 'moment', 'x-examples': ['2027-01-15T00:00:00Z'], pattern: ISO.source },
  parseTimestamp,
  MOMENT_FORM,
);

/** A number as it is written: in the largest unit that divides it, or as a moment in UTC. */
export function showQuantity(value: number, kind: keyof typeof UNITS | 'moment'): string {
  if (kind === 'moment') return new Date(value).toISOString();
  let shown = '';
  for (const [unit, factor] of UNITS[kind]) {
    if (factor === 1 || (value >= factor && value % factor === 0)) shown = `${value / factor}${unit}`;
  }
  return shown;
}

function within(kind: keyof typeof UNITS, min: string, max: string, form: string) {
  const [least, most] = [numberOf(min, kind), numberOf(max, kind)];
  return (written: string | number): Parsed<number> => {
    const value = numberOf(written, kind);
    if (!Number.isSafeInteger(value)) return { problem: form };
    if (value < least) return { problem: `must be at least ${min}` };
    if (value > most) return { problem: `must be at most ${max}` };
    return { value };
  };
}

/** `NaN` for what is no such quantity. */
function numberOf(written: string | number, kind: keyof typeof UNITS): number {
  if (typeof written === 'number') return written;
  const [, count, unit = ''] = QUANTITY.exec(written) ?? [];
  return Number(count) * (UNITS[kind].get(unit) ?? Number.NaN);
}
