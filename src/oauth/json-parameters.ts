import { type JsonObject, parseJsonObject, repeatsName, valuesIn } from './json-object.ts';
import { decodeOctets } from './octets.ts';
import { MOST_PARAMETERS } from './parameters.ts';

/**
 * The texts in a JSON object, at any depth, as parameters: some servers accept such token requests. `undefined`: not an object,
 * too many values, or a repeated name, where some servers take the first value and some the last. `text`: bytes as UTF-16 code
 * units below 256.
 */
export function readJsonParameters(text: string): (readonly [name: string, value: string])[] | undefined {
  const value = parseJsonObject(decodeOctets(text));
  const texts = value && textsIn(value);
  return texts === undefined || repeatsName(text, value as JsonObject) ? undefined : texts;
}

/** `undefined`: there are too many values. */
function textsIn(object: JsonObject): [name: string, value: string][] | undefined {
  const texts: [name: string, value: string][] = [];
  let count = 0;
  for (const [name, value] of valuesIn(object)) {
    if (typeof value === 'string') texts.push([name, value]);
    count += 1;
    if (count > MOST_PARAMETERS) return undefined;
  }
  return texts;
}

/**
 * One flat JSON object as parameters: texts unchanged, numbers and booleans as in JSON; `null` is no parameter. A value that is
 * not a scalar is a problem, and so is a repeated name, where some servers take the first value and some the last.
 */
export function readFlatJson(
  text: string,
): (readonly [name: string, value: string])[] | 'parameter_malformed' | 'parameter_repeated' {
  const value = parseJsonObject(decodeOctets(text));
  if (value === undefined) return 'parameter_malformed';
  const entries: [string, string][] = [];
  for (const [name, item] of Object.entries(value)) {
    if (item === null) continue;
    if (typeof item === 'object') return 'parameter_malformed';
    entries.push([name, String(item)]);
  }
  return repeatsName(text, value) ? 'parameter_repeated' : entries;
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
