import { integerOr, type Parsed } from './scalars.ts';

const BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;
const PATTERN = /^(\d{1,12})(B|KiB|MiB|GiB)$/;
const FORM = 'must be a size such as 64KiB or 1MiB, or a number of bytes';

/** `64KiB` `1MiB` or plain bytes → bytes. */
function parseSize(size: string | number): Parsed<number> {
  if (typeof size === 'number') return Number.isSafeInteger(size) ? { value: size } : { problem: FORM };
  const [, count, unit] = PATTERN.exec(size) ?? [];
  if (count === undefined || unit === undefined) return { problem: FORM };
  return { value: Number(count) * BYTES[unit as keyof typeof BYTES] };
}

/** A size within limits, which are written as sizes too. */
export function size(min: string, max: string) {
  const least = bytesOf(min);
  const most = bytesOf(max);
  return integerOr(
    (value) => {
      const parsed = parseSize(value);
      if ('problem' in parsed) return parsed;
      if (parsed.value < least) return { problem: `must be at least ${min}` };
      if (parsed.value > most) return { problem: `must be at most ${max}` };
      return parsed;
    },
    {
      'x-unit': 'size',
      'x-type': `size, ${min} to ${max}`,
      anyOf: [
        { type: 'integer', minimum: least, maximum: most },
        { type: 'string', pattern: PATTERN.source },
      ],
    },
    FORM,
  );
}

function bytesOf(text: string): number {
  const parsed = parseSize(text);
  if ('problem' in parsed) throw new TypeError(`${text}: ${parsed.problem}`);
  return parsed.value;
}
