import { parseJsonObject } from './json-object.ts';

/**
 * The texts in a JSON object, at any depth, as parameters: some servers accept such token requests. `undefined`: not an object,
 * or a repeated name, where some servers take the first value and some the last.
 */
export function readJsonParameters(text: string): (readonly [name: string, value: string])[] | undefined {
  const value = parseJsonObject(text);
  if (value === undefined || writtenNames(text) !== countNames(value)) return undefined;
  return Object.entries(value).flatMap(([name, item]) => [...textsIn(name, item)]);
}

/** The number of names in a JSON text, including repeated ones, which a parser drops. Linear. */
function writtenNames(text: string): number {
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

/**
 * One flat JSON object as parameters: texts unchanged, numbers and booleans as in JSON. A value that is not a scalar is a problem,
 * and so is a repeated name, where some servers take the first value and some the last.
 */
export function readFlatJson(
  text: string,
): (readonly [name: string, value: string])[] | 'parameter_malformed' | 'parameter_repeated' {
  const value = parseJsonObject(text);
  if (value === undefined) return 'parameter_malformed';
  const entries: [string, string][] = [];
  for (const [name, item] of Object.entries(value)) {
    if (typeof item === 'object') return 'parameter_malformed';
    entries.push([name, String(item)]);
  }
  return writtenNames(text) === entries.length ? entries : 'parameter_repeated';
}

/** A member of a flat object, up to the comma. */
const MEMBER = /(?:"(?:[^"\\]|\\.)*"|[^",])+/g;
const NAME = /^\s*("(?:[^"\\]|\\.)*")/;

/** A text that `readFlatJson` can read, without the members of these names; every other byte stays. */
export function withoutFlatMembers(text: string, names: ReadonlySet<string>): string {
  const start = text.indexOf('{') + 1;
  const end = text.lastIndexOf('}');
  const members = text.slice(start, end).match(MEMBER) ?? [];
  const kept = members.filter((member) => !names.has(JSON.parse(NAME.exec(member)?.[1] ?? '""')));
  return kept.length === members.length ? text : text.slice(0, start) + kept.join(',') + text.slice(end);
}
