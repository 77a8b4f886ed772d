import type { Answer } from './answer.ts';
import type { Written } from './written.ts';

/** The changes in a response on its way to the client; every other byte stays as the server wrote it. */
export type Changes = {
  /** Removed from the front of the state; `undefined`: the state stays unchanged. */
  readonly prefix?: string | undefined;
  /** Whether the client sent a state; if not, the whole parameter is removed. */
  readonly hadState: boolean;
  /** Replaces the code. Unreserved characters only. */
  readonly code?: string | undefined;
  /** Added if the response has none (RFC 9207). */
  readonly iss?: string | undefined;
};

/** A range of the text with a carrier, and its replacement. */
export type Edit = { readonly start: number; readonly end: number; readonly text: string };

export type CarrierKind =
  | 'location'
  | 'refresh'
  | 'link'
  | 'cookie'
  /** A form, or a button with its own address. */
  | 'form'
  /** An attribute, script, text, JSON or XML that names the URL. */
  | 'url'
  /** A separate code and state in one object. */
  | 'pair'
  /** The same in a script that posts a message to another window. */
  | 'web_message';

/** A construct that brings an authorization response, or something like it, to the browser. */
export type Carrier = Answer & {
  readonly kind: CarrierKind;
  /** Its target, as a browser resolves it against the page; `undefined` if it names no readable target. */
  readonly target: URL | undefined;
  /** Every absolute URL that the object or script of a `pair` or `web_message` names; else the target. */
  readonly places: readonly URL[];
  readonly part: 'query' | 'fragment' | 'body';
  /** For a form that posts: its address contains a code in addition to the fields. */
  readonly hasCodeInAddress?: boolean;
  /** The changes, as ranges of the header value or body that contains this carrier. */
  edits(changes: Changes): readonly Edit[];
};

/** A browser follows it by itself. */
export function isNavigation({ kind }: Carrier): boolean {
  return kind === 'location' || kind === 'refresh';
}

/** Whether it has a parameter of an authorization response other than a state. */
export function isAnswer({ codes, hasError, hasIdToken, jarm }: Carrier): boolean {
  return codes.length > 0 || hasError || hasIdToken || jarm !== undefined;
}

/** The edit of one parameter. `whole`: what is removed with the state of a client that sent none. */
export function editParameter(
  { name, value }: { readonly name: string; readonly value: Written },
  { prefix, hadState, code }: Changes,
  whole: Pick<Edit, 'start' | 'end'>,
): Edit[] {
  const own = { start: value.at(0), end: value.at(value.text.length) };
  if (name === 'code' && code !== undefined && value.text !== '') return [{ ...own, text: code }];
  if (name !== 'state' || prefix === undefined || !value.text.startsWith(prefix)) return [];
  return [hadState ? { ...own, end: value.at(prefix.length), text: '' } : { ...whole, text: '' }];
}

/** The text of a header or piece with changes in some of its carriers. `start`: its position in the body. */
export function rewriteCarriers(
  text: string,
  changed: Iterable<readonly [carrier: Carrier, changes: Changes]>,
  start = 0,
): string {
  const edits: Edit[] = [];
  for (const [carrier, changes] of changed) edits.push(...carrier.edits(changes));
  edits.sort((a, b) => a.start - b.start || a.end - b.end);
  let rewritten = '';
  let done = start;
  let last: Edit | undefined;
  for (const edit of edits) {
    // Two carriers may share a field, such as the buttons of one form: it is changed once.
    const again = edit.start === last?.start && edit.end === last.end;
    last = edit;
    if (again || edit.start < done) {
      if (edit.text === '') done = Math.max(done, edit.end);
      continue;
    }
    rewritten += text.slice(done - start, edit.start - start) + edit.text;
    done = edit.end;
  }
  return rewritten + text.slice(done - start);
}
