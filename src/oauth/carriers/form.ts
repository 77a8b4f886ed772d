import { escapeHtml } from '../escape-html.ts';
import { decodeOctets } from '../octets.ts';
import { LONGEST_REDIRECT_URI } from '../redirect-uri.ts';
import { isAnswerName, readAnswer } from './answer.ts';
import { type Carrier, type Changes, type Edit, editParameter } from './carrier.ts';
import type { FindPrefix, Surroundings } from './find-urls.ts';
import type { TooLarge } from './piece.ts';
import type { Written } from './written.ts';

/** A control of a form, as ranges of the body. */
export type FormField = {
  readonly name: string;
  readonly value: Written;
  /** Whether the value is in quotes, or in a textarea. */
  readonly enclosed: boolean;
  /** The whole element. */
  readonly start: number;
  readonly end: number;
};

type Destination = { readonly action: string; readonly method: string };

/** The most characters of a GET form's other fields: they matter only for a redirect_uri with its own query, and are no longer than that. */
const FIELDS = 256;

/** One form, built from its tags. */
export class Form {
  readonly #own: Destination;
  readonly #base: URL;
  readonly #findPrefix: FindPrefix;
  readonly #buttons: Destination[] = [];
  readonly #fields: FormField[] = [];
  /** It reached the limit: the rest of it is not buffered. */
  isGivenUp = false;

  constructor(own: Destination, { base, findPrefix }: Surroundings) {
    this.#own = own;
    this.#base = base;
    this.#findPrefix = findPrefix;
  }

  /** Whether the form may be a response with this field, so that it is buffered to its end. */
  isAnswer({ name, value }: FormField): boolean {
    if (name === 'state') return this.#findPrefix(value.text, 0) === 0;
    return isAnswerName(name) && value.text !== '';
  }

  /** A button with its own address or method. */
  addButton({ action, method }: { readonly [Key in keyof Destination]: string | undefined }): void {
    if (this.#buttons.length >= FIELDS || (action === undefined && method === undefined)) return;
    this.#buttons.push({ action: action ?? this.#own.action, method: method ?? this.#own.method });
  }

  addField(field: FormField): void {
    const isOwn = isAnswerName(field.name) || field.name === 'state';
    if (isOwn || (this.#fields.length < FIELDS && field.value.text.length <= LONGEST_REDIRECT_URI)) {
      this.#fields.push(field);
    }
  }

  /** Reports a field that follows after its form was released: code and state belong together, but one of them was already sent. */
  tooLate(field: FormField): TooLarge | undefined {
    const fields = [...this.#fields, field];
    const state = fields.find((each) => each.name === 'state' && this.isAnswer(each));
    const holdsCode = fields.some((each) => each.name !== 'state' && this.isAnswer(each));
    return state && { holdsCode, state: state.value.text };
  }

  giveUp(): Carrier[] {
    this.isGivenUp = true;
    return this.carriers();
  }

  /** One carrier for each address of the form. */
  carriers(): Carrier[] {
    if (!this.#fields.some((field) => this.isAnswer(field))) return [];
    const seen = new Set<string>();
    return [this.#own, ...this.#buttons].flatMap(({ action, method }) => {
      const key = `${method} ${action}`;
      if (seen.has(key)) return [];
      seen.add(key);
      return [this.#carrier(action, method)];
    });
  }

  #carrier(action: string, method: string): Carrier {
    const parameters = this.#fields.map(({ name, value }) => [name, decodeOctets(value.text)] as const);
    const target = URL.parse(decodeOctets(action), this.#base.href) ?? undefined;
    const isPost = method === 'post';
    // A form that posts keeps the query of its address, and many frameworks read it together with the body.
    const address = isPost && target !== undefined ? [...target.searchParams] : [];
    const added = address.filter(([name, value]) => value !== '' && (name === 'code' || name === 'state'));
    // The fields of a GET form replace the query of its address.
    if (target !== undefined && !isPost) {
      target.search = new URLSearchParams(
        parameters.map(([name, value]): [string, string] => [name, value]),
      ).toString();
    }
    return {
      ...readAnswer([...parameters, ...added]),
      hasCodeInAddress: added.some(([name]) => name === 'code'),
      kind: 'form',
      target,
      places: target === undefined ? [] : [target],
      part: isPost ? 'body' : 'query',
      edits: (changes) => this.#edits(changes),
    };
  }

  #edits(changes: Changes): Edit[] {
    const edits = this.#fields.flatMap((field) => fieldEdits(field, changes));
    const last = this.#fields.findLast(({ name, value }) => name === 'code' && value.text !== '');
    if (changes.iss !== undefined && last !== undefined && !this.#fields.some(({ name }) => name === 'iss')) {
      const text = `<input type="hidden" name="iss" value="${escapeHtml(changes.iss)}"/>`;
      edits.push({ start: last.end, end: last.end, text });
    }
    return edits;
  }
}

function fieldEdits(field: FormField, changes: Changes): Edit[] {
  const { name, value, enclosed } = field;
  const edits = editParameter(field, changes, { start: field.start, end: field.end });
  if (enclosed || name !== 'state' || !changes.hadState || edits.length === 0) return edits;
  // Without quotes, an empty value or one that begins with a quote would be misread.
  const text = `"${value.encode(value.text.slice(changes.prefix?.length))}"`;
  return [{ start: value.at(0), end: value.at(value.text.length), text }];
}
