import type { Carrier } from './carrier.ts';
import { SCRIPT_STRING } from './escaping.ts';
import { findUrlCarriers, readQueryCarrier, type Surroundings } from './find-urls.ts';
import { isPlace, ObjectScopes } from './object-scopes.ts';
import { Overlong } from './overlong.ts';
import { isPairName, type Member } from './pair.ts';
import { CONSTRUCT_LIMIT, type PieceWriter } from './piece.ts';
import { ScriptTokenizer, type ScriptTokens } from './script-tokenizer.ts';
import { Written } from './written.ts';

/** A name before a value: a word or a string, with its position in the body. */
type Name = { readonly text: string; readonly start: number };
/** A name whose value follows, with the mark between the two. */
type Key = { readonly name: string; readonly start: number; readonly mark: string };

const NAME_LENGTH = 64;

/**
 * Reads JSON, and scripts as far as they resemble it: strings, which may be URLs, and members or variables with a string value.
 * Scripts need not be valid: unrecognised text passes. The current member is buffered.
 */
export class ScriptReader implements ScriptTokens {
  readonly #writer: PieceWriter;
  readonly #around: Surroundings;
  readonly #scopes: ObjectScopes;
  readonly #tokens = new ScriptTokenizer(this);
  /** The current member, from the last separator on. */
  #tail = '';
  #separator = '';
  #tailCarriers: Carrier[] = [];
  #overlong: Overlong | undefined;
  #lastString: Name | undefined;
  #key: Key | undefined;
  /** The last member, while nothing follows it. */
  #member: Member | undefined;

  constructor(writer: PieceWriter, around: Surroundings, isScript: boolean) {
    this.#writer = writer;
    this.#around = around;
    this.#scopes = new ObjectScopes(writer, around.findPrefix, isScript);
  }

  push(text: string): void {
    this.#tokens.push(text);
  }

  end(): void {
    this.#flush();
    this.#scopes.end();
  }

  text(text: string): void {
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

  mark(mark: string, gap: string): void {
    const follows = gap.trim() === '';
    const lastString = follows ? this.#lastString : undefined;
    const member = this.#member;
    this.#member = undefined;
    // `a["code"] = …`
    if (mark !== ']') this.#lastString = undefined;
    switch (mark) {
      case '"':
      case "'":
      case '`':
        if (!follows) this.#key = undefined;
        this.text(mark);
        return;
      case ':':
      case '=':
        this.#key = this.#readKey(mark, gap, lastString);
        this.text(mark);
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
        this.text(mark);
        this.#flush();
        this.#scopes.close();
        break;
      default:
        this.#separate(mark);
        if (mark === ',' && follows && member?.removal?.takesComma) {
          member.removal.end = this.#writer.position + 1;
        }
    }
    this.#key = undefined;
  }

  string(raw: string): void {
    const key = this.#key;
    this.#key = undefined;
    if (this.#overlong !== undefined) return;
    const start = this.#tailEnd - raw.length - 1;
    if (key !== undefined && isPairName(key.name)) this.#addMember(key, raw, start);
    else if (key === undefined && raw.length <= NAME_LENGTH) {
      this.#lastString = { text: raw, start: start - 1 };
    }
    const text = raw.includes('\\') ? Written.plain(raw).decode(SCRIPT_STRING).text : raw;
    if (isPlace(text)) this.#scopes.place(text);
    if (key?.name === 'state' || this.#around.findPrefix(raw, 0) === -1) return;
    const written = Written.plain(raw, start).decode(SCRIPT_STRING);
    const query = readQueryCarrier(written, this.#around);
    if (query !== undefined) this.#scopes.pair(query, this.#tailEnd);
    else this.#tailCarriers.push(...findUrlCarriers(written, 'url', this.#around));
  }

  /** The name before a colon or an equals sign. */
  #readKey(mark: string, gap: string, lastString: Name | undefined): Key | undefined {
    // `==` is a comparison.
    if (this.#key !== undefined && gap.trim() === '') return undefined;
    if (lastString !== undefined) return { name: lastString.text, start: lastString.start, mark };
    const name = lastWord(gap);
    if (name === '') return undefined;
    return { name, mark, start: this.#tailEnd - (gap.length - gap.trimEnd().length) - name.length };
  }

  #addMember({ name, start: keyStart, mark }: Key, raw: string, start: number): void {
    const value = Written.plain(raw, start).decode(SCRIPT_STRING);
    const end = this.#tailEnd;
    const takesComma = this.#separator !== ',';
    const isMember = mark === ':';
    this.#member = {
      name,
      value,
      removal: isMember
        ? { start: takesComma ? keyStart : this.#writer.position, end, takesComma }
        : undefined,
      next: isMember ? end : undefined,
    };
    this.#scopes.member(this.#member);
  }

  /** The position after the current member. */
  get #tailEnd(): number {
    return this.#writer.position + this.#tail.length;
  }

  #separate(mark: string): void {
    this.#flush();
    this.#separator = mark;
    this.text(mark);
  }

  /** The current member has ended. */
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
