import type { Answer } from './answer.ts';

/** What to change in a response on its way to the client; every other octet stays as the server wrote it. */
export type Changes = {
  /** Comes off the front of the state; `undefined`: the state stays as it is. */
  readonly prefix?: string | undefined;
  /** Whether the client sent a state at all; if not, the prefixed one goes with its name. */
  readonly hadState: boolean;
  /** Takes the place of the code. Unreserved characters only. */
  readonly code?: string | undefined;
  /** Added where the response has none (RFC 9207). */
  readonly iss?: string | undefined;
};

/** A range of the text that holds a carrier, with what takes its place. */
export type Edit = { readonly start: number; readonly end: number; readonly text: string };

export type CarrierKind =
  | 'location'
  | 'refresh'
  | 'link'
  | 'cookie'
  /** A form, or a button with an address of its own. */
  | 'form'
  /** An attribute, script, text, JSON or XML that names the URL. */
  | 'url'
  /** A code and a state apart, in one object. */
  | 'pair'
  /** The same in a script that posts a message to another window. */
  | 'web_message';

/** One construct that brings an authorization response, or what looks like one, to the browser. */
export type Carrier = Answer & {
  readonly kind: CarrierKind;
  /** Where it goes, as a browser resolves it against the page; `undefined` where it names no target, or none that can be read. */
  readonly target: URL | undefined;
  /** Every absolute URL that the object or script of a `pair` or `web_message` names; else the target. */
  readonly places: readonly URL[];
  readonly part: 'query' | 'fragment' | 'body';
  /** Of a form that posts: its address holds a code beside what the fields hold. */
  readonly hasCodeInAddress?: boolean;
  /** The changes, as ranges of the header's value or the piece's text that holds this carrier. */
  edits(changes: Changes): readonly Edit[];
};

/** A browser goes there by itself. */
export function isNavigation({ kind }: Carrier): boolean {
  return kind === 'location' || kind === 'refresh';
}

/** Whether it has what an authorization response has, beside a state. */
export function isAnswer({ codes, hasError, hasIdToken, jarm }: Carrier): boolean {
  return codes.length > 0 || hasError || hasIdToken || jarm !== undefined;
}

/** The text of a header or piece with some of its carriers changed. */
export function rewriteCarriers(
  text: string,
  changed: Iterable<readonly [carrier: Carrier, changes: Changes]>,
): string {
  const edits: Edit[] = [];
  for (const [carrier, changes] of changed) edits.push(...carrier.edits(changes));
  edits.sort((a, b) => a.start - b.start || a.end - b.end);
  let rewritten = '';
  let done = 0;
  let last: Edit | undefined;
  for (const edit of edits) {
    // Two carriers may share a field, such as the buttons of one form: it changes once.
    const again = edit.start === last?.start && edit.end === last.end;
    last = edit;
    if (again || edit.start < done) {
      if (edit.text === '') done = Math.max(done, edit.end);
      continue;
    }
    rewritten += text.slice(done, edit.start) + edit.text;
    done = edit.end;
  }
  return rewritten + text.slice(done);
}

/** The same carrier in a text that has so many more characters in front. */
export function shiftCarrier(carrier: Carrier, by: number): Carrier {
  if (by === 0) return carrier;
  return {
    ...carrier,
    edits: (changes) =>
      carrier.edits(changes).map(({ start, end, text }) => ({ start: start + by, end: end + by, text })),
  };
}
