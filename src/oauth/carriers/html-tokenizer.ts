import type { FindPrefix } from './find-urls.ts';
import { DOUBLE_QUOTE, EQUALS, SINGLE_QUOTE, SLASH, SPACE, tagName } from './html-tag.ts';
import { Overlong } from './overlong.ts';
import { CONSTRUCT_LIMIT, type PieceWriter } from './piece.ts';

/** Receives the tokens. All texts together are the page, except too large ones, which go directly to the writer. */
export interface HtmlTokens {
  /** `raw`: the element around it whose content has no tags, such as a script. */
  text(text: string, raw?: string): void;
  /** The text, or the content of that element, ends here. */
  endText(): void;
  tag(text: string, name: string): void;
}

/** Elements whose content has no tags (HTML 13.2.6.4: raw text and RCDATA). */
const RAW: ReadonlySet<string> = new Set([
  'script',
  'style',
  'textarea',
  'title',
  'xmp',
  'iframe',
  'noembed',
  'noframes',
]);

const DASH = 0x2d;
const GREATER = 0x3e;
const BRACKET = 0x5b;

/** A letter, `/`, `!` or `?` after `<` begins a tag. */
function isTagStart(character: number): boolean {
  const letter = character | 0x20;
  return (
    (letter >= 0x61 && letter <= 0x7a) || character === SLASH || character === 0x21 || character === 0x3f
  );
}

/** Splits a page at its tags, for any chunks. It looks at each character once. */
export class HtmlTokenizer {
  readonly #tokens: HtmlTokens;
  readonly #writer: PieceWriter;
  readonly #findPrefix: FindPrefix;
  readonly #kind: 'html' | 'xhtml' | 'xml';
  #state: 'text' | 'tag' | 'comment' | 'raw' = 'text';
  /** The part of the tag from earlier chunks. */
  #token = '';
  #quote = '';
  /** Whether a quote would begin a value. */
  #afterEquals = false;
  /** Whether the tag has a name; `undefined`: not determined yet. */
  #isNamed: boolean | undefined;
  /** The character that, twice and before `>`, ends a comment or CDATA, and its current repetitions. */
  #closer: '-' | ']' = '-';
  #closers = 0;
  /** The element of this raw text, and the possible beginning of its end tag. */
  #raw = '';
  #endTag = '';
  #overlong: Overlong | undefined;

  constructor(
    tokens: HtmlTokens,
    writer: PieceWriter,
    findPrefix: FindPrefix,
    kind: 'html' | 'xhtml' | 'xml',
  ) {
    this.#tokens = tokens;
    this.#writer = writer;
    this.#findPrefix = findPrefix;
    this.#kind = kind;
  }

  push(chunk: string): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === 'text') at = this.#readText(chunk, at);
      else if (this.#state === 'tag') at = this.#readTag(chunk, at);
      else if (this.#state === 'comment') at = this.#readComment(chunk, at);
      else at = this.#readRaw(chunk, at);
    }
  }

  end(): void {
    const rest = this.#token;
    if (this.#state === 'raw') this.#tokens.text(this.#endTag, this.#raw);
    else if (rest !== '' && !this.#endOverlong(rest)) this.#tokens.text(rest);
    this.#tokens.endText();
  }

  #readText(chunk: string, from: number): number {
    const open = chunk.indexOf('<', from);
    const end = open === -1 ? chunk.length : open;
    if (end > from) this.#tokens.text(chunk.slice(from, end));
    if (open !== -1) this.#beginTag('');
    return end;
  }

  #beginTag(token: string): void {
    this.#state = 'tag';
    this.#token = token;
    this.#quote = '';
    this.#afterEquals = false;
    this.#isNamed = undefined;
  }

  #readTag(chunk: string, from: number): number {
    const second = this.#token === '' ? from + 1 : from;
    const isNew = this.#token.length <= 1 && this.#overlong === undefined;
    if (isNew && second < chunk.length && !isTagStart(chunk.charCodeAt(second))) {
      this.#state = 'text';
      this.#token = '';
      this.#tokens.text('<');
      return second;
    }
    for (let at = from; at < chunk.length; at += 1) {
      if (this.#quote !== '') {
        const close = chunk.indexOf(this.#quote, at);
        if (close === -1) break;
        at = close;
        this.#quote = '';
        continue;
      }
      const character = chunk.charCodeAt(at);
      if (character === GREATER) {
        this.#extend(chunk.slice(from, at + 1));
        this.#endTagToken();
        return at + 1;
      }
      if (character === EQUALS) {
        this.#afterEquals = true;
      } else if (this.#afterEquals && character > SPACE) {
        this.#afterEquals = false;
        const isQuote = character === DOUBLE_QUOTE || character === SINGLE_QUOTE;
        // Browsers treat `<!x`, `<?x` and `</=` as comments, in which a quote has no meaning.
        this.#isNamed ??= /^<\/?[a-z]/i.test(this.#token + chunk.slice(from, from + 3));
        if (isQuote && this.#isNamed) this.#quote = chunk[at] as string;
      } else if (character === DASH || character === BRACKET) {
        const isShort = this.#token.length < 9 && this.#overlong === undefined;
        const token = isShort ? this.#token + chunk.slice(from, Math.min(at + 1, from + 9)) : '';
        if (this.#beginsComment(token)) return this.#beginComment(token, at + 1);
      }
    }
    this.#extend(chunk.slice(from));
    return chunk.length;
  }

  #beginsComment(token: string): boolean {
    return token === '<!--' || (token === '<![CDATA[' && this.#kind !== 'html');
  }

  #endTagToken(): void {
    const text = this.#token;
    const name = tagName(text);
    this.#state = 'text';
    this.#token = '';
    if (!this.#endOverlong(text)) {
      this.#tokens.endText();
      this.#tokens.tag(text, name);
    }
    if (!RAW.has(name) || this.#kind === 'xml') return;
    if (this.#kind === 'xhtml' && text.endsWith('/>')) return;
    this.#state = 'raw';
    this.#raw = name;
    this.#endTag = '';
  }

  #beginComment(token: string, end: number): number {
    this.#state = 'comment';
    this.#token = '';
    this.#closer = token === '<!--' ? '-' : ']';
    // `<!-->` is a complete comment.
    this.#closers = token === '<!--' ? 2 : 0;
    this.#tokens.endText();
    this.#tokens.text(token);
    return end;
  }

  /** A comment is read as text, because a script may read URLs from it. */
  #readComment(chunk: string, from: number): number {
    for (let at = from; at < chunk.length; at += 1) {
      const character = chunk[at];
      if (character === this.#closer) {
        this.#closers += 1;
      } else if (character === '>' && this.#closers >= 2) {
        this.#state = 'text';
        this.#tokens.text(chunk.slice(from, at + 1));
        return at + 1;
      } else if (character !== '!' || this.#closers < 2) {
        this.#closers = 0;
      }
    }
    this.#tokens.text(chunk.slice(from));
    return chunk.length;
  }

  #readRaw(chunk: string, from: number): number {
    if (this.#endTag === '') {
      const open = chunk.indexOf('<', from);
      this.#tokens.text(chunk.slice(from, open === -1 ? chunk.length : open), this.#raw);
      if (open === -1) return chunk.length;
      this.#endTag = '<';
      return open + 1;
    }
    const character = chunk[from] as string;
    const wanted = `</${this.#raw}`;
    if (this.#endTag.length < wanted.length) {
      if (character.toLowerCase() === wanted[this.#endTag.length]) {
        this.#endTag += character;
        return from + 1;
      }
    } else if (/[\s/>]/.test(character)) {
      this.#tokens.endText();
      this.#beginTag(this.#endTag);
      this.#endTag = '';
      return from;
    }
    this.#tokens.text(this.#endTag, this.#raw);
    this.#endTag = '';
    return from;
  }

  #extend(text: string): void {
    if (this.#overlong !== undefined) {
      this.#overlong.push(text);
      return;
    }
    this.#token += text;
    if (this.#token.length <= CONSTRUCT_LIMIT) return;
    this.#tokens.endText();
    this.#overlong = new Overlong(this.#writer, this.#findPrefix);
    this.#overlong.push(this.#token);
    this.#token = '';
  }

  /** Whether the token was too large and already passed: its rest passes too. */
  #endOverlong(rest: string): boolean {
    if (this.#overlong === undefined) return false;
    this.#overlong.push(rest);
    this.#overlong = undefined;
    return true;
  }
}
