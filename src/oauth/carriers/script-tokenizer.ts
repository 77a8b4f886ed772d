import { CONSTRUCT_LIMIT } from './piece.ts';

/** Receives the tokens. Texts and marks together are the script. */
export interface ScriptTokens {
  text(text: string): void;
  /** A separating character; a quote begins a string. `gap`: the end of the text between the previous mark and this one. */
  mark(mark: string, gap: string): void;
  /** A string ended; its closing quote was passed as text. `raw`: the text between the quotes. */
  string(raw: string): void;
}

type Mode = 'code' | 'string' | 'slash' | 'line_comment' | 'block_comment' | 'regex';

/** Characters with a meaning outside of strings; others are examined only if one of these follows. */
const MARKS = new Uint8Array(256);
for (const mark of '"\'`{}[](),;:=/') MARKS[mark.charCodeAt(0)] = 1;
/** Characters after which a slash may begin a regular expression. */
const BEFORE_REGEX = /[(,=:[!&|?{};+\-*%<>~^]/;
/** Characters of a name before a value, including the spaces after it. */
const GAP_LENGTH = 128;

/** Splits JSON and scripts at strings and marks, for any chunks. It looks at each character once. */
export class ScriptTokenizer {
  readonly #tokens: ScriptTokens;
  #mode: Mode = 'code';
  #gap = '';
  #lastMark = '';
  #quote = '';
  #string = '';
  /** Whether the current character is escaped; in a comment, whether a star precedes it. */
  #escaped = false;
  #inClass = false;

  constructor(tokens: ScriptTokens) {
    this.#tokens = tokens;
  }

  push(chunk: string): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#mode === 'code') at = this.#readCode(chunk, at);
      else if (this.#mode === 'string') at = this.#readString(chunk, at);
      else if (this.#mode === 'slash') this.#readSlash(chunk[at] as string);
      else at = this.#skip(chunk, at);
    }
  }

  #readCode(chunk: string, from: number): number {
    let at = from;
    while (at < chunk.length && MARKS[chunk.charCodeAt(at)] !== 1) at += 1;
    const text = chunk.slice(from, at);
    this.#tokens.text(text);
    this.#gap = (this.#gap + text).slice(-GAP_LENGTH);
    if (at === chunk.length) return at;
    const mark = chunk[at] as string;
    if (mark === '/') {
      this.#tokens.text(mark);
      this.#mode = 'slash';
      return at + 1;
    }
    this.#tokens.mark(mark, this.#gap);
    this.#gap = '';
    this.#lastMark = mark;
    if (mark === '"' || mark === "'" || mark === '`') {
      this.#mode = 'string';
      this.#quote = mark;
      this.#string = '';
      this.#escaped = false;
    }
    return at + 1;
  }

  #readString(chunk: string, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      const character = chunk[at] as string;
      if (this.#escaped) {
        this.#escaped = false;
      } else if (character === '\\') {
        this.#escaped = true;
      } else if (character === this.#quote || (character === '\n' && this.#quote !== '`')) {
        const raw = this.#string + chunk.slice(from, at);
        this.#tokens.text(chunk.slice(from, at + 1));
        this.#string = '';
        this.#mode = 'code';
        // The end of a line ends what an apostrophe outside of a string began.
        if (character !== '\n' && raw.length <= CONSTRUCT_LIMIT) this.#tokens.string(raw);
        return at + 1;
      }
    }
    const text = chunk.slice(from);
    this.#tokens.text(text);
    if (this.#string.length <= CONSTRUCT_LIMIT) this.#string += text;
    return chunk.length;
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

  /** Skips a comment or regular expression. */
  #skip(chunk: string, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      if (!this.#ends(chunk[at] as string)) continue;
      this.#tokens.text(chunk.slice(from, at + 1));
      if (this.#mode === 'regex') this.#lastMark = '/';
      this.#mode = 'code';
      return at + 1;
    }
    this.#tokens.text(chunk.slice(from));
    return chunk.length;
  }

  #ends(character: string): boolean {
    if (this.#mode === 'line_comment' || character === '\n')
      return character === '\n' && this.#mode !== 'block_comment';
    const wasEscaped = this.#escaped;
    if (this.#mode === 'block_comment') {
      this.#escaped = character === '*';
      return wasEscaped && character === '/';
    }
    this.#escaped = !wasEscaped && character === '\\';
    if (wasEscaped) return false;
    if (character === '[') this.#inClass = true;
    else if (character === ']') this.#inClass = false;
    return character === '/' && !this.#inClass;
  }
}
