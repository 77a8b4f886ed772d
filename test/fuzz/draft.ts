import { rawRequest } from '../support/raw-http.ts';

/** A parameter as it stands on the wire; `undefined`: without even a `=`. */
export type Pair = { name: string; value: string | undefined };

/** A request that is being made up; mutations change it in place. Texts hold octets as UTF-16 code units. */
export type Draft = {
  method: string;
  path: string;
  query: Pair[];
  headers: string[];
  /** `undefined`: none. */
  body: Pair[] | undefined;
  separator: string;
  contentType: string | undefined;
  /** How the parameters of the body are written. */
  writeBody: (pairs: readonly Pair[], separator: string) => string;
  /** What becomes of the body before it is framed: encodings, charsets. */
  readonly bodySteps: ((body: string) => string)[];
  /** `undefined`: by Content-Length. */
  frame: ((body: string) => string) | undefined;
  /** What becomes of the whole request; where there is any, it may be no HTTP any more. */
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

/** What a draft says, before any mutation of the whole text. */
export type Written = {
  readonly bytes: string;
  /** The query, without its `?`. */
  readonly query: string;
  /** The body before it was framed. */
  readonly body: string;
  /** Whether nobody knows what it says, or where it ends: octets were changed, or it has a second framing. */
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
