import { type Parsed, textAs } from './scalars.ts';

const FORM = 'must be a moment with its offset, such as 2027-01-15T00:00:00Z or 2027-01-15T09:00:00+01:00';
const ISO = /^(\d{4}-\d{2}-\d{2})T(\d{2}):\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:\d{2})$/;

/** ISO 8601 with an offset → epoch milliseconds. */
function parseTimestamp(text: string): Parsed<number> {
  const [, date, hour] = ISO.exec(text) ?? [];
  const moment = Date.parse(text);
  if (date === undefined || Number(hour) > 23 || Number.isNaN(moment)) return { problem: FORM };
  // Date.parse reads February 30 as March 2.
  if (new Date(`${date}T00:00:00Z`).toISOString().slice(0, 10) !== date) {
    return { problem: `${date} is not a calendar date` };
  }
  return { value: moment };
}

export const timestamp = textAs(
  { 'x-unit': 'moment', 'x-type': 'moment', 'x-examples': ['2027-01-15T00:00:00Z'], pattern: ISO.source },
  parseTimestamp,
  FORM,
);
