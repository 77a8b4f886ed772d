import type { Carrier } from './carrier.ts';
import { SCRIPT_STRING } from './escaping.ts';
import { findUrlCarriers, type Surroundings } from './find-urls.ts';
import { isPlace, ObjectScopes } from './object-scopes.ts';
import { Overlong } from './overlong.ts';
import { isPairName, type Member } from './pair.ts';
import { CONSTRUCT_LIMIT, type PieceWriter } from './piece.ts';
import { Written } from './written.ts';

type Mode = 'code' | 'string' | 'slash' | 'line_comment' | 'block_comment' | 'regex';
/** A name in front of a value: a word or a string, with where it begins in the text that is kept back. */
type Name = { readonly text: string; readonly start: number };
/** A name whose value follows, with the mark between them. */
type Key = { readonly name: string; readonly start: number; readonly mark: string };

/** Characters that mean something outside of strings; all others are told apart only where one of these follows. */
const MARKS = new Uint8Array(256);
for (const mark of '"\'`{}[](),;:=/') MARKS[mark.charCodeAt(0)] = 1;
/** What a regular expression may follow. */
const BEFORE_REGEX = /[(,=:[!&|?{};+\-*%<>~^]/;
const NAME_LENGTH = 64;

/**
 * Reads JSON, and scripts as far as they look like it: strings, which may name a URL, and members or variables whose value
 * is a string. It takes no script for good: what it cannot make out passes. Kept back is the member at hand.
 */
export class ScriptReader {
  readonly #writer: PieceWriter;
  readonly #around: Surroundings;
  readonly #scopes: ObjectScopes;
  #mode: Mode = 'code';
  /** Since the last separator, and with it: the member at hand. */
  #tail = '';
  #separator = '';
  #tailCarriers: Carrier[] = [];
  #overlong: Overlong | undefined;
  /** Since the last mark. */
  #gap = '';
  #lastMark = '';
  #quote = '';
  #string = '';
  /** Whether the character at hand is escaped; in a comment, whether a star stands in front of it. */
  #escaped = false;
  #inClass = false;
  #lastString: Name | undefined;
  #key: Key | undefined;
  /** The member that came last, as long as nothing follows it. */
  #member: Member | undefined;

  constructor(writer: PieceWriter, around: Surroundings, isScript: boolean) {
    this.#writer = writer;
    this.#around = around;
    this.#scopes = new ObjectScopes(writer, around.findPrefix, isScript);
  }

  push(chunk: string): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#mode === 'code') at = this.#readCode(chunk, at);
      else if (this.#mode === 'string') at = this.#readString(chunk, at);
      else if (this.#mode === 'slash') this.#readSlash(chunk[at] as string);
      else at = this.#skip(chunk, at);
    }
  }

  end(): void {
    this.#flush();
    this.#scopes.end();
  }

  #readCode(chunk: string, from: number): number {
    let at = from;
    while (at < chunk.length && MARKS[chunk.charCodeAt(at)] !== 1) at += 1;
    const text = chunk.slice(from, at);
    this.#keep(text);
    this.#gap = (this.#gap + text).slice(-2 * NAME_LENGTH);
    if (at === chunk.length) return at;
    const mark = chunk[at] as string;
    this.#readMark(mark);
    if (mark !== '/') this.#lastMark = mark;
    return at + 1;
  }

  #readMark(mark: string): void {
    const follows = this.#gap.trim() === '';
    const gap = this.#gap;
    const lastString = this.#lastString;
    const member = this.#member;
    this.#member = undefined;
    if (mark !== '/') this.#gap = '';
    if (mark !== ']' && mark !== '/') this.#lastString = undefined;
    switch (mark) {
      case '/':
        this.#mode = 'slash';
        this.#keep(mark);
        return;
      case '"':
      case "'":
      case '`':
        if (!follows) this.#key = undefined;
        this.#keep(mark);
        this.#beginString(mark);
        return;
      case ':':
      case '=':
        this.#key = this.#readKey(mark, gap, follows ? lastString : undefined);
        this.#keep(mark);
        return;
      case '{':
      case '[':
      case '(':
        if (mark === '(' && lastWord(gap) === 'postMessage') this.#scopes.postsMessage = true;
        this.#separate(mark);
        this.#scopes.open();
        break;
      case '}':
      case ']':
      case ')':
        this.#keep(mark);
        this.#flush();
        this.#scopes.close();
        break;
      default:
        this.#separate(mark);
        if (mark === ',' && follows && member?.removal?.takesComma) {
          member.removal.end = this.#writer.heldLength + 1;
        }
    }
    this.#key = undefined;
  }

  /** The name in front of a colon or an equals sign. */
  #readKey(mark: string, gap: string, lastString: Name | undefined): Key | undefined {
    // `==` compares.
    if (this.#key !== undefined && gap.trim() === '') return undefined;
    if (lastString !== undefined) return { name: lastString.text, start: lastString.start, mark };
    const name = lastWord(gap);
    if (name === '') return undefined;
    return { name, mark, start: this.#tail.length - (gap.length - gap.trimEnd().length) - name.length };
  }

  #beginString(quote: string): void {
    this.#mode = 'string';
    this.#quote = quote;
    this.#string = '';
    this.#escaped = false;
  }

  #readString(chunk: string, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      const character = chunk[at] as string;
      if (this.#escaped) {
        this.#escaped = false;
      } else if (character === '\\') {
        this.#escaped = true;
      } else if (character === this.#quote || (character === '\n' && this.#quote !== '`')) {
        const text = chunk.slice(from, at);
        const start = this.#tail.length - this.#string.length;
        this.#string += text;
        this.#keep(text + character);
        this.#mode = 'code';
        if (character !== '\n' && this.#overlong === undefined) this.#endString(start);
        return at + 1;
      }
    }
    const text = chunk.slice(from);
    this.#keep(text);
    this.#string = this.#overlong === undefined ? this.#string + text : '';
    return chunk.length;
  }

  /** `start`: where the content of the string begins in the tail. */
  #endString(start: number): void {
    const raw = this.#string;
    const key = this.#key;
    this.#string = '';
    this.#key = undefined;
    if (key !== undefined && isPairName(key.name)) this.#addMember(key, raw, start);
    else if (key === undefined && raw.length <= NAME_LENGTH) {
      this.#lastString = { text: raw, start: start - 1 };
    }
    if (isPlace(raw)) this.#scopes.place(Written.plain(raw).decode(SCRIPT_STRING).text);
    if (key?.name === 'state' || this.#around.findPrefix(raw, 0) === -1) return;
    const written = Written.plain(raw, start).decode(SCRIPT_STRING);
    this.#tailCarriers.push(...findUrlCarriers(written, 'url', this.#around));
  }

  #addMember({ name, start: keyStart, mark }: Key, raw: string, start: number): void {
    const base = this.#writer.heldLength;
    const value = Written.plain(raw, base + start).decode(SCRIPT_STRING);
    const end = base + this.#tail.length;
    const takesComma = this.#separator !== ',';
    const isMember = mark === ':';
    this.#member = {
      name,
      value,
      removal: isMember ? { start: base + (takesComma ? keyStart : 0), end, takesComma } : undefined,
      next: isMember ? { at: end, write: writeMember } : undefined,
    };
    this.#scopes.member(this.#member);
  }

  #readSlash(character: string): void {
    const before = this.#gap.trim().at(-1) ?? this.#lastMark;
    if (character === '/') this.#mode = 'line_comment';
    else if (character === '*') this.#mode = 'block_comment';
    else if (before === '' || BEFORE_REGEX.test(before)) this.#mode = 'regex';
    else this.#mode = 'code';
    this.#escaped = false;
    this.#inClass = false;
  }

  /** Goes over a comment or regular expression. */
  #skip(chunk: string, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      const character = chunk[at] as string;
      if (this.#ends(character)) {
        this.#keep(chunk.slice(from, at + 1));
        if (this.#mode === 'regex') this.#lastMark = '/';
        this.#mode = 'code';
        return at + 1;
      }
    }
    this.#keep(chunk.slice(from));
    return chunk.length;
  }

  #ends(character: string): boolean {
    if (this.#mode === 'line_comment') return character === '\n';
    if (this.#mode === 'block_comment') {
      const ends = this.#escaped && character === '/';
      this.#escaped = character === '*';
      return ends;
    }
    if (this.#escaped) this.#escaped = false;
    else if (character === '\\') this.#escaped = true;
    else if (character === '[') this.#inClass = true;
    else if (character === ']') this.#inClass = false;
    return character === '\n' || (character === '/' && !this.#escaped && !this.#inClass);
  }

  #keep(text: string): void {
    if (this.#overlong !== undefined) {
      this.#overlong.push(text);
      return;
    }
    this.#tail += text;
    if (this.#tail.length <= CONSTRUCT_LIMIT) return;
    this.#scopes.limit(this.#tail.length);
    this.#overlong = new Overlong(this.#writer, this.#around.findPrefix);
    this.#overlong.push(this.#tail);
    this.#tail = '';
    this.#tailCarriers = [];
  }

  #separate(mark: string): void {
    this.#flush();
    this.#separator = mark;
    this.#keep(mark);
  }

  /** The member at hand has ended. */
  #flush(): void {
    this.#scopes.limit(this.#tail.length);
    this.#writer.add(this.#tail, this.#tailCarriers);
    this.#tail = '';
    this.#tailCarriers = [];
    this.#separator = '';
    this.#overlong = undefined;
  }
}

/** The identifier at the end of a text. */
function lastWord(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] as string) <= ' ') end -= 1;
  let start = end;
  while (start > 0 && end - start < NAME_LENGTH && /[\w$]/.test(text[start - 1] as string)) start -= 1;
  return text.slice(start, end);
}

function writeMember(name: string, value: string): string {
  return `,${JSON.stringify(name)}:${JSON.stringify(value)}`;
}
