import { LONGEST_REDIRECT_URI } from '../redirect-uri.ts';
import { ENTITIES, type Escaping } from './escaping.ts';
import { findUrlCarriers, type Surroundings } from './find-urls.ts';
import { parseTag, type Tag } from './html-tag.ts';
import { HtmlTokenizer, type HtmlTokens } from './html-tokenizer.ts';
import { isPlace, ObjectScopes } from './object-scopes.ts';
import { isPairName } from './pair.ts';
import { CONSTRUCT_LIMIT, type PieceWriter } from './piece.ts';
import { TextReader } from './text-reader.ts';
import { Written } from './written.ts';

/** An element that may be a parameter of a response: buffered until it ends. */
type Leaf = { readonly name: string; readonly tag: string; text: string };

/** Reads XML: attributes and texts with a URL, and elements or attributes that are a separate code and state. */
export class XmlReader implements HtmlTokens {
  readonly #writer: PieceWriter;
  readonly #around: Surroundings;
  readonly #scopes: ObjectScopes;
  readonly #tokens: HtmlTokenizer;
  readonly #text: TextReader;
  #leaf: Leaf | undefined;
  /** The text of the current element, as far as it may be a URL. */
  #content = '';

  constructor(writer: PieceWriter, around: Surroundings) {
    this.#writer = writer;
    this.#around = around;
    this.#scopes = new ObjectScopes(writer, around.findPrefix, false);
    this.#tokens = new HtmlTokenizer(this, writer, around.findPrefix, 'xml');
    this.#text = new TextReader(writer, around, CHARACTER_DATA);
  }

  push(text: string): void {
    this.#tokens.push(text);
  }

  end(): void {
    this.#tokens.end();
    this.#giveUpLeaf();
    this.#text.end();
    this.#scopes.end();
  }

  text(text: string): void {
    if (this.#content.length <= LONGEST_REDIRECT_URI) this.#content += text;
    if (this.#leaf === undefined) {
      this.#text.push(text);
      return;
    }
    this.#leaf.text += text;
    if (this.#leaf.text.length > CONSTRUCT_LIMIT) this.#giveUpLeaf();
  }

  endText(): void {
    if (this.#leaf === undefined) this.#text.end();
  }

  tag(text: string, name: string): void {
    const leaf = this.#leaf;
    if (leaf !== undefined && name === `/${leaf.name}`) this.#endLeaf(leaf, text);
    else this.#readTag(text, name);
    this.#content = '';
  }

  #readTag(text: string, name: string): void {
    this.#giveUpLeaf();
    if (name.startsWith('/')) {
      this.#scopes.limit(text.length);
      this.#writer.add(text);
      this.#scopes.close();
      this.#notePlace(this.#content);
      return;
    }
    const isEmpty = text.endsWith('/>');
    if (isPairName(localName(name)) && !isEmpty) {
      this.#leaf = { name, tag: text, text: '' };
      return;
    }
    this.#scopes.limit(text.length);
    if (name !== '') this.#scopes.open();
    const tag = text.includes('=') ? parseTag(text, this.#writer.position) : undefined;
    this.#writer.add(text, tag && this.#readAttributes(tag));
    if (isEmpty && name !== '') this.#scopes.close();
  }

  #readAttributes(tag: Tag) {
    return tag.attributes.flatMap(({ name, value }) => {
      this.#notePlace(value.text);
      if (isPairName(localName(name))) this.#scopes.member({ name: localName(name), value });
      return findUrlCarriers(value, 'url', this.#around);
    });
  }

  #endLeaf({ name, tag, text }: Leaf, endTag: string): void {
    this.#leaf = undefined;
    const start = this.#writer.position;
    const whole = tag + text + endTag;
    this.#scopes.limit(whole.length);
    const written = readContent(Written.plain(text, start + tag.length));
    this.#scopes.member({
      name: localName(name),
      value: written,
      removal: { start, end: start + whole.length, takesComma: false },
    });
    this.#writer.add(whole, findUrlCarriers(written, 'url', this.#around));
  }

  /** The element has child elements, or is too large. */
  #giveUpLeaf(): void {
    const leaf = this.#leaf;
    if (leaf === undefined) return;
    this.#leaf = undefined;
    this.#writer.add(leaf.tag);
    this.#scopes.open();
    this.#text.push(leaf.text);
    this.#text.end();
  }

  #notePlace(text: string): void {
    const place = readContent(Written.plain(text.trim())).text;
    if (isPlace(place)) this.#scopes.place(place);
  }
}

const CDATA = '<![CDATA[';
/** Text in which the end of a CDATA section also ends a URL. */
const CHARACTER_DATA: Escaping = {
  ...ENTITIES,
  pattern: new RegExp(`${ENTITIES.pattern.source}|\\]\\]`, 'gi'),
  decode: (written) => ENTITIES.decode(written).map((text) => (text === ']]' ? ' ' : text)),
};

function readContent(written: Written): Written {
  const { text } = written;
  if (!text.startsWith(CDATA) || !text.endsWith(']]>')) return written.decode(ENTITIES);
  return written.slice(CDATA.length, text.length - 3);
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
