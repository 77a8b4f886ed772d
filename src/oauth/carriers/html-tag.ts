import { ENTITIES } from './escaping.ts';
import { Written } from './written.ts';

export type Attribute = {
  readonly name: string;
  /** Decoded. */
  readonly value: Written;
  readonly quoted: boolean;
};

/** A tag of HTML or XML. */
export type Tag = {
  /** In lower case; `/form` for an end tag. */
  readonly name: string;
  readonly text: string;
  readonly attributes: readonly Attribute[];
};

export const SPACE = 0x20;
export const DOUBLE_QUOTE = 0x22;
export const SINGLE_QUOTE = 0x27;
export const SLASH = 0x2f;
export const EQUALS = 0x3d;
const NAME_LENGTH = 64;

export function tagName(text: string): string {
  const from = text.charCodeAt(1) === SLASH ? 2 : 1;
  const letter = text.charCodeAt(from) | 0x20;
  if (!(letter >= 0x61 && letter <= 0x7a)) return '';
  const end = nameEnd(text, from, Math.min(text.length, from + NAME_LENGTH));
  return text.slice(1, text[end - 1] === '>' ? end - 1 : end).toLowerCase();
}

/** Reads a complete tag at a position of the body as browsers do (HTML 13.2.5.32 to 13.2.5.39). */
export function parseTag(text: string, position: number): Tag {
  const attributes: Attribute[] = [];
  const end = text.endsWith('>') ? text.length - 1 : text.length;
  let at = nameEnd(text, 2, end);
  for (;;) {
    while (at < end && (text.charCodeAt(at) <= SPACE || text.charCodeAt(at) === SLASH)) at += 1;
    if (at >= end) return { name: tagName(text), text, attributes };
    // A name may begin with `=`, but not contain it later.
    let last = at + 1;
    while (last < end && !endsName(text.charCodeAt(last)) && text.charCodeAt(last) !== EQUALS) last += 1;
    const name = text.slice(at, last).toLowerCase();
    at = skipSpace(text, last, end);
    if (at >= end || text.charCodeAt(at) !== EQUALS) {
      attributes.push({ name, value: Written.plain('', position + at), quoted: false });
      continue;
    }
    at = skipSpace(text, at + 1, end);
    const quote = text.charCodeAt(at);
    const quoted = at < end && (quote === DOUBLE_QUOTE || quote === SINGLE_QUOTE);
    const start = quoted ? at + 1 : at;
    at = start;
    while (at < end && (quoted ? text.charCodeAt(at) !== quote : text.charCodeAt(at) > SPACE)) at += 1;
    const value = Written.plain(text.slice(start, at), position + start).decode(ENTITIES);
    attributes.push({ name, value, quoted });
    if (quoted) at += 1;
  }
}

export function attributeOf(tag: Tag, name: string): Attribute | undefined {
  return tag.attributes.find((attribute) => attribute.name === name);
}

function endsName(character: number): boolean {
  return character <= SPACE || character === SLASH;
}

function nameEnd(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && !endsName(text.charCodeAt(at))) at += 1;
  return at;
}

function skipSpace(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && text.charCodeAt(at) <= SPACE) at += 1;
  return at;
}
