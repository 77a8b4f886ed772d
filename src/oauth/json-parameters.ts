/**
 * The texts in a JSON object, however deep, as parameters: some servers take token requests that way. `undefined`: no
 * object, or one with a name twice, of which servers take the first or the last.
 */
export function readJsonParameters(text: string): (readonly [name: string, value: string])[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const written = text.match(/"(?:[^"\\]|\\.)*"\s*:/g)?.length ?? 0;
  if (written !== countNames(value)) return undefined;
  return Object.entries(value).flatMap(([name, item]) => [...textsIn(name, item)]);
}

function* textsIn(name: string, value: unknown): Generator<readonly [name: string, text: string]> {
  if (typeof value === 'string') yield [name, value];
  else if (Array.isArray(value)) for (const item of value) yield* textsIn(name, item);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) yield* textsIn(key, item);
  }
}

function countNames(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum: number, item) => sum + countNames(item), own);
}
