import { isAnswerName } from './answer.ts';
import type { Carrier } from './carrier.ts';
import { ENTITIES } from './escaping.ts';
import { findUrlCarriers, readWholeUrl, type Surroundings } from './find-urls.ts';
import { Form, type FormField } from './form.ts';
import { refreshUrl } from './header-carriers.ts';
import { attributeOf, parseTag, type Tag } from './html-tag.ts';
import { HtmlTokenizer, type HtmlTokens } from './html-tokenizer.ts';
import { CONSTRUCT_LIMIT, PieceWriter, type TooLarge } from './piece.ts';
import { ScriptReader } from './script-reader.ts';
import { TextReader } from './text-reader.ts';
import { Written } from './written.ts';

/** Tags that matter even without a prefix in them. */
const READ: ReadonlySet<string> = new Set([
  'form',
  '/form',
  'input',
  'button',
  'textarea',
  '/textarea',
  'base',
]);
/** Attributes whose value is one URL. */
const URL_ATTRIBUTES: ReadonlySet<string> = new Set(['href', 'src', 'action', 'formaction', 'data']);

/** An attribute that may be a script or JSON. */
const SCRIPT = /[{(=]/;

/** A textarea of the current form that may be a field of a response. */
type Textarea = {
  readonly name: string;
  readonly start: number;
  readonly contentStart: number;
  /** Whether the text is buffered only for this textarea. */
  readonly holds: boolean;
  content: string;
};

/** Reads a page: its forms, and every attribute, script and text with a URL. */
export class HtmlReader implements HtmlTokens {
  readonly #writer: PieceWriter;
  readonly #around: { base: URL; readonly findPrefix: Surroundings['findPrefix'] };
  readonly #tokens: HtmlTokenizer;
  readonly #text: TextReader;
  /** The current script, a construct of its own within the page's buffered text. */
  #script: { readonly reader: ScriptReader; readonly pieces: PieceWriter } | undefined;
  #form: Form | undefined;
  #hasBase = false;
  #textarea: Textarea | undefined;

  constructor(writer: PieceWriter, around: Surroundings, kind: 'html' | 'xhtml') {
    this.#writer = writer;
    this.#around = { base: around.base, findPrefix: around.findPrefix };
    this.#tokens = new HtmlTokenizer(this, writer, around.findPrefix, kind);
    this.#text = new TextReader(writer, this.#around, ENTITIES);
  }

  push(text: string): void {
    this.#tokens.push(text);
  }

  end(): void {
    this.#tokens.end();
    this.#text.end();
    this.#endTextarea();
    this.#endForm();
  }

  text(text: string, raw = ''): void {
    if (raw === 'script') this.#readScript(text);
    else this.#text.push(text);
    if (raw === 'textarea' && this.#textarea !== undefined) this.#textarea.content += text;
    this.#limit();
  }

  endText(): void {
    this.#text.end();
    this.#endScript();
    this.#limit();
  }

  tag(text: string, name: string): void {
    const holdsPrefix = this.#around.findPrefix(text, 0) !== -1;
    if (!holdsPrefix && !READ.has(name)) {
      this.#writer.add(text);
    } else {
      const tag = parseTag(text, this.#writer.position);
      if (name === 'form') this.#beginForm(tag);
      if (name === 'base') this.#readBase(tag);
      const tooLate = this.#readControl(tag);
      this.#writer.add(text, holdsPrefix ? this.#attributeCarriers(tag) : [], tooLate);
      if (name === '/textarea') this.#endTextarea();
      if (name === '/form') this.#endForm();
    }
    this.#limit();
  }

  #readScript(text: string): void {
    if (this.#script === undefined) {
      const pieces = new PieceWriter(this.#writer.position);
      this.#script = { pieces, reader: new ScriptReader(pieces, this.#around, true) };
    }
    this.#script.reader.push(text);
    this.#takePieces(this.#script.pieces);
  }

  #endScript(): void {
    if (this.#script === undefined) return;
    this.#script.reader.end();
    this.#takePieces(this.#script.pieces);
    this.#script = undefined;
  }

  #takePieces(script: PieceWriter): void {
    for (const { text, carriers, tooLarge } of script.take()) this.#writer.add(text, carriers, tooLarge);
  }

  #limit(): void {
    if (this.#writer.heldLength <= CONSTRUCT_LIMIT) return;
    this.#writer.release(this.#form?.giveUp() ?? []);
    this.#textarea = undefined;
  }

  #beginForm(tag: Tag): void {
    // Browsers ignore a form in a form.
    if (this.#form !== undefined) return;
    const action = attributeOf(tag, 'action')?.value.text ?? '';
    const method = attributeOf(tag, 'method')?.value.text.toLowerCase() ?? 'get';
    this.#form = new Form({ action, method }, this.#around);
  }

  #endForm(): void {
    const carriers = this.#form?.carriers() ?? [];
    if (this.#writer.holding) this.#writer.release(carriers);
    this.#form = undefined;
  }

  #readBase(tag: Tag): void {
    const href = attributeOf(tag, 'href')?.value.text;
    if (href === undefined || this.#hasBase) return;
    this.#hasBase = true;
    this.#around.base = URL.parse(href, this.#around.base.href) ?? this.#around.base;
  }

  /** Returns the problem of a field that belongs to a form which was given up. */
  #readControl(tag: Tag): TooLarge | undefined {
    const form = this.#form;
    if (form === undefined) return undefined;
    const name = attributeOf(tag, 'name')?.value.text;
    if (tag.name === 'textarea' && name !== undefined && !form.isGivenUp)
      this.#beginTextarea(name, tag.text.length);
    if (tag.name !== 'input' && tag.name !== 'button') return undefined;
    form.addButton({
      action: attributeOf(tag, 'formaction')?.value.text,
      method: attributeOf(tag, 'formmethod')?.value.text.toLowerCase(),
    });
    const value = attributeOf(tag, 'value');
    if (name === undefined || value === undefined) return undefined;
    const start = this.#writer.position;
    const end = start + tag.text.length;
    return this.#addField(form, { name, value: value.value, enclosed: value.quoted, start, end });
  }

  #beginTextarea(name: string, tagLength: number): void {
    if (name !== 'state' && !isAnswerName(name)) return;
    const start = this.#writer.position;
    const holds = !this.#writer.holding;
    this.#textarea = { name, start, contentStart: start + tagLength, holds, content: '' };
    this.#writer.hold();
  }

  #endTextarea(): void {
    const [textarea, form] = [this.#textarea, this.#form];
    this.#textarea = undefined;
    if (textarea === undefined || form === undefined) return;
    const { name, start, contentStart, content, holds } = textarea;
    const value = Written.plain(content, contentStart).decode(ENTITIES);
    const field = { name, value, enclosed: true, start, end: this.#writer.position };
    if (holds && !form.isAnswer(field)) this.#writer.release([]);
    else this.#addField(form, field);
  }

  #addField(form: Form, field: FormField): TooLarge | undefined {
    const matters = form.isAnswer(field);
    if (form.isGivenUp) return matters ? form.tooLate(field) : undefined;
    if (matters) this.#writer.hold();
    form.addField(field);
    return undefined;
  }

  #attributeCarriers(tag: Tag): Carrier[] {
    const refreshes =
      tag.name === 'meta' && attributeOf(tag, 'http-equiv')?.value.text.toLowerCase() === 'refresh';
    return tag.attributes.flatMap(({ name, value }) => {
      if (this.#around.findPrefix(value.text, 0) === -1) return [];
      if (refreshes && name === 'content') return readWholeUrl(refreshUrl(value), 'refresh', this.#around);
      if (URL_ATTRIBUTES.has(name)) return readWholeUrl(value, 'url', this.#around);
      const inScript = SCRIPT.test(value.text) ? this.#scriptCarriers(value) : [];
      return inScript.length > 0 ? inScript : findUrlCarriers(value, 'url', this.#around);
    });
  }

  /** The carriers in a script or JSON in the value of an attribute. */
  #scriptCarriers(value: Written): Carrier[] {
    const pieces = new PieceWriter();
    const reader = new ScriptReader(pieces, this.#around, true);
    reader.push(value.text);
    reader.end();
    return pieces.take().flatMap(({ carriers }) => carriers.map((carrier) => inSource(carrier, value)));
  }
}

/** Maps a carrier of a decoded text to the text's source. */
function inSource(carrier: Carrier, written: Written): Carrier {
  return {
    ...carrier,
    edits: (changes) =>
      carrier.edits(changes).map(({ start, end, text }) => ({
        start: written.at(start),
        end: written.at(end),
        text: written.encode(text),
      })),
  };
}
