import { isCodeChallenge } from '../oauth/pkce.ts';
import { type Flow, type PushedRequest, StoreFault } from './flow-store.ts';
import {
  ALL_FLAGS,
  FLOW_TEXTS,
  flowFields,
  pushedRequestFields,
  type RecordFields,
  readFlow,
  readPushedRequest,
} from './record-fields.ts';

/** The kind and layout of a record. A new layout needs a new name; records with the old name are not read. */
const FLOW = 'f4';
const PUSHED_REQUEST = 'p3';
/** The most characters of a record. The longest client_id and redirect_uri (2 KiB each) fit with any escaping. */
const MAX_LENGTH = 32_768;
const NON_ASCII = /[\u0080-\uffff]/;

export function encodeFlow(flow: Flow): string {
  return stringifyFields([FLOW, flow.codeChallenge ?? 0], flowFields(flow));
}

/**
 * The common beginning of the records of all flows with the same challenge, redirect_uri and response type: a preserved flow
 * with the state of a live one is the same login or a conflict. JSON texts end with a quote, so none is a prefix of another.
 */
export function encodeFlowIdentity({ codeChallenge, redirectUri, responseType }: Flow): string {
  return `${stringify([FLOW, codeChallenge ?? 0, redirectUri ?? 0, responseType]).slice(0, -1)},`;
}

/** The flow of a record; `undefined` for other text, and for an enforced flow without a challenge. */
export function decodeFlow(record: string | undefined, upstream: string): Flow | undefined {
  const parsed = parseFields(record, 2, FLOW_TEXTS);
  const [layout, challenge] = parsed?.head ?? [];
  if (parsed === undefined || layout !== FLOW) return undefined;
  const codeChallenge = challenge === 0 ? undefined : String(challenge);
  if (codeChallenge !== undefined && !isCodeChallenge(codeChallenge, 'S256')) return undefined;
  return readFlow({ ...parsed, codeChallenge }, upstream);
}

export function encodePushedRequest(pushed: PushedRequest): string {
  return stringifyFields([PUSHED_REQUEST], pushedRequestFields(pushed));
}

/** The pushed request of a record; `undefined` for other text. */
export function decodePushedRequest(record: string | undefined): PushedRequest | undefined {
  const parsed = parseFields(record, 1, 3);
  return parsed?.head[0] === PUSHED_REQUEST ? readPushedRequest(parsed) : undefined;
}

/** JSON of a record: values of its own, its texts (0 for a missing one), and its flags. */
export function stringifyFields(head: readonly unknown[], { texts, flags }: RecordFields): string {
  return stringify([...head, ...texts.map((text) => text ?? 0), flags]);
}

/** The parts of what `stringifyFields` made with this many values and texts; `undefined` for other text. */
export function parseFields(
  json: string | undefined,
  headLength: number,
  textCount: number,
): (Omit<RecordFields, 'codeChallenge'> & { readonly head: readonly unknown[] }) | undefined {
  if (json === undefined) return undefined;
  let values: unknown;
  try {
    values = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!Array.isArray(values) || values.length !== headLength + textCount + 1) return undefined;
  const flags: unknown = values.pop();
  if (typeof flags !== 'number' || (flags & ~ALL_FLAGS) !== 0) return undefined;
  const texts: (string | undefined)[] = [];
  for (const value of values.slice(headLength)) {
    if (value !== 0 && typeof value !== 'string') return undefined;
    texts.push(value === 0 ? undefined : value);
  }
  return { head: values, texts, flags };
}

/**
 * JSON in ASCII only. So a record has as many bytes as characters, in Redis and in memory (V8 uses two bytes for every
 * character of a string with one beyond Latin-1), and no lone surrogate is lost in UTF-8.
 */
function stringify(values: readonly unknown[]): string {
  const text = JSON.stringify(values);
  // Few records have such a character, and a test is cheaper than a replacement without a match.
  const ascii = NON_ASCII.test(text) ? text.replace(/[\u0080-\uffff]/g, escapeCharacter) : text;
  if (ascii.length > MAX_LENGTH) {
    throw new StoreFault('store_error', `a record of the store may have ${MAX_LENGTH} characters, not more`);
  }
  return ascii;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
