export type JsonObject = Readonly<Record<string, unknown>>;

/** Parses a JSON object; `undefined`: the text is something else, or not JSON. */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Every value at any depth, with its name; the items of an array have the array's. Neither recursive nor all at once: anybody can send
 * JSON of any depth and size.
 */
export function* valuesIn(object: JsonObject): Generator<readonly [name: string, value: unknown]> {
  const open = [membersOf('', object)];
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    const next = last.next();
    if (next.done) {
      open.pop();
      continue;
    }
    yield next.value;
    const [name, value] = next.value;
    if (typeof value === 'object' && value !== null) open.push(membersOf(name, value));
  }
}

function* membersOf(name: string, value: object): Generator<readonly [name: string, value: unknown]> {
  if (Array.isArray(value)) for (const item of value) yield [name, item];
  else for (const key of Object.keys(value)) yield [key, (value as JsonObject)[key]];
}

/** Whether some object in a JSON text has a name twice: some readers take the first value, some the last. `parsed`: the text. */
export function repeatsName(text: string, parsed: JsonObject): boolean {
  let names = Object.keys(parsed).length;
  for (const [, value] of valuesIn(parsed)) if (isJsonObject(value)) names += Object.keys(value).length;
  return countNames(text) !== names;
}

/** The number of names as written. Linear. */
function countNames(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at)) {
    at += 1;
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    at += 1;
    while (/\s/.test(text.charAt(at))) at += 1;
    if (text[at] === ':') count += 1;
  }
  return count;
}
