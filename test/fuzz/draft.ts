import { rawRequest } from '../support/raw-http.ts';

/** A parameter as on the wire; `undefined`: without a `=`. */
export type Pair = { name: string; value: string | undefined };

/** A generated request, which mutations change in place. Texts are bytes as UTF-16 code units. */
export type Draft = {
  method: string;
  path: string;
  query: Pair[];
  headers: string[];
  /** `undefined`: none. */
  body: Pair[] | undefined;
  separator: string;
  contentType: string | undefined;
  /** The format of the body's parameters. */
  writeBody: (pairs: readonly Pair[], separator: string) => string;
  /** Transformations of the body before framing: encodings, charsets. */
  readonly bodySteps: ((body: string) => string)[];
  /** `undefined`: by Content-Length. */
  frame: ((body: string) => string) | undefined;
  /** Transformations of the whole request; with any, it may not be HTTP. */
  readonly rawSteps: ((bytes: string) => string)[];
};

export function newDraft(
  draft: Pick<Draft, 'method' | 'path'> & { readonly query?: Pair[]; readonly body?: Pair[] },
): Draft {
  return {
    query: [],
    headers: [],
    body: undefined,
    separator: '&',
    contentType: draft.body === undefined ? undefined : 'application/x-www-form-urlencoded',
    writeBody: writePairs,
    bodySteps: [],
    frame: undefined,
    rawSteps: [],
    ...draft,
  };
}

function writePairs(pairs: readonly Pair[], separator = '&'): string {
  return pairs.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`)).join(separator);
}

const FRAMING = /^(transfer-encoding|content-length)/i;

/** The content of a draft, before any mutation of the whole text. */
export type Written = {
  readonly bytes: string;
  /** The query, without its `?`. */
  readonly query: string;
  /** The body before it was framed. */
  readonly body: string;
  /** Whether its content or end is unknown: bytes were changed, or it has a second framing. */
  readonly unframed: boolean;
};

export function writeDraft(draft: Draft, host: string, caseId: string): Written {
  const query = writePairs(draft.query, draft.separator);
  const written = draft.body === undefined ? '' : draft.writeBody(draft.body, draft.separator);
  const body = draft.bodySteps.reduce((text, step) => step(text), written);
  const headers = [
    `X-Case: ${caseId}`,
    'Connection: keep-alive',
    ...(draft.contentType === undefined ? [] : [`Content-Type: ${draft.contentType}`]),
    ...draft.headers,
    ...(draft.frame === undefined || body === '' ? [] : ['Transfer-Encoding: chunked']),
  ];
  const target = query === '' ? draft.path : `${draft.path}?${query}`;
  const framed = body === '' || draft.frame === undefined ? body : draft.frame(body);
  const bytes = rawRequest(`${draft.method} ${target} HTTP/1.1`, headers, framed, host);
  return {
    bytes: draft.rawSteps.reduce((text, step) => step(text), bytes),
    query,
    body,
    unframed: draft.rawSteps.length > 0 || draft.headers.some((line) => FRAMING.test(line)),
  };
}
