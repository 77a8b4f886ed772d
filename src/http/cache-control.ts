/** Directives that restrict who may store a response. */
const STRICT: ReadonlySet<string> = new Set(['no-store', 'no-cache', 'private', 'must-revalidate']);

/** A Cache-Control (RFC 9111 5.2.2) that allows storing a response for `seconds`, or for less if the given one says so. */
export function limitCacheControl(given: string | undefined, seconds: number): string {
  const kept: string[] = [];
  let maxAge = seconds;
  for (const directive of (given ?? '').toLowerCase().split(',')) {
    const [name = '', value = ''] = directive.trim().split('=', 2);
    if (STRICT.has(name)) kept.push(name);
    else if (name === 'max-age') maxAge = Math.min(maxAge, parseAge(value));
  }
  return kept.includes('no-store') ? 'no-store' : [...kept, `max-age=${maxAge}`].join(', ');
}

/** RFC 9111 4.2.1: an invalid value counts as stale. */
function parseAge(value: string): number {
  const digits = /^"?(\d{1,9})"?$/.exec(value)?.[1];
  return digits === undefined ? 0 : Number(digits);
}
