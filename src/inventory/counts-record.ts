import type { ClientCounts } from './client-counts.ts';

/**
 * The counts of one client and day as text: `{"c":{"S256":3,"!challenge_missing":1},"f":…,"l":…,"v":[…,"challenge_missing"]}`.
 * `MERGE_COUNTS` in `flow/redis-scripts.ts` reads and writes the same.
 */
export function encodeCounts({ counts, firstSeen, lastSeen, lastTrouble, unlisted }: ClientCounts): string {
  return JSON.stringify({
    c: Object.fromEntries(counts),
    f: firstSeen,
    l: lastSeen,
    v: lastTrouble && [lastTrouble.at, lastTrouble.what],
    u: unlisted ? 1 : undefined,
  });
}

/** `undefined` for a text that cannot be read: it counts as none. */
export function decodeCounts(text: string): ClientCounts | undefined {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(record) || !isObject(record['c'])) return undefined;
  const { c, f, l, v, u } = record;
  if (!isNumber(f) || !isNumber(l)) return undefined;
  const counts = Object.entries(c as object).filter((entry): entry is [string, number] => isNumber(entry[1]));
  const [at, what] = Array.isArray(v) ? v : [];
  return {
    counts: new Map(counts),
    firstSeen: f,
    lastSeen: l,
    lastTrouble: isNumber(at) && typeof what === 'string' ? { at, what } : undefined,
    unlisted: u === 1,
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
