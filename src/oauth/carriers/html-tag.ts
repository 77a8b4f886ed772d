import { ENTITIES, Written } from './written.ts';

export type Attribute = {
  readonly name: string;
  /** Decoded, with where it stands in the tag. */
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

const SPACE = /[\s/]/;

export function tagName(text: string): string {
  return (/^<(\/?[a-z][^\s/>]{0,64})/i.exec(text)?.[1] ?? '').toLowerCase();
}

/** Reads a complete tag as browsers do (HTML 13.2.5.32 to 13.2.5.39). */
export function parseTag(text: string): Tag {
  const attributes: Attribute[] = [];
  const end = text.endsWith('>') ? text.length - 1 : text.length;
  const skip = (from: number, wanted: (character: string) => boolean) => {
    let at = from;
    while (at < end && wanted(text[at] as string)) at += 1;
    return at;
  };
  const isSpace = (character: string) => /\s/.test(character);
  let at = skip(2, (character) => !SPACE.test(character));
  while (at < end) {
    at = skip(at, (character) => SPACE.test(character));
    if (at >= end) break;
    // A name may begin with `=`, but not go on with it.
    const nameEnd = skip(at + 1, (character) => !SPACE.test(character) && character !== '=');
    const name = text.slice(at, nameEnd).toLowerCase();
    at = skip(nameEnd, isSpace);
    if (text[at] !== '=' || at >= end) {
      attributes.push({ name, value: Written.plain('', at), quoted: false });
      continue;
    }
    at = skip(at + 1, isSpace);
    const quote = text[at];
    const quoted = at < end && (quote === '"' || quote === "'");
    const start = quoted ? at + 1 : at;
    const valueEnd = skip(start, quoted ? (character) => character !== quote : (c) => !isSpace(c));
    attributes.push({
      name,
      value: Written.plain(text.slice(start, valueEnd), start).decode(ENTITIES),
      quoted,
    });
    at = quoted ? valueEnd + 1 : valueEnd;
  }
  return { name: tagName(text), text, attributes };
}

export function attributeOf(tag: Tag, name: string): Attribute | undefined {
  return tag.attributes.find((attribute) => attribute.name === name);
}
