import { Buffer } from 'node:buffer';
import { canonicalHeaderName, connectionNamed } from './request-headers.ts';

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The status line and headers of an upstream's response, as they are sent to the client. */
export type ResponseHead = {
  readonly status: number;
  readonly statusText: string;
  /** A flat list of names and values, without hop-by-hop headers. */
  readonly headers: readonly string[];
};

/**
 * Removes hop-by-hop headers (RFC 9110 7.6.1), and adds the request id. `raw` is a flat list of names and values.
 */
export function buildResponseHeaders(
  raw: readonly (Buffer | string)[],
  requestId?: readonly [name: string, id: string],
): string[] {
  const texts = decodeTogether(raw) ?? raw.map((item) => (typeof item === 'string' ? item : decode(item)));
  const named = connectionNamed(texts);
  const requestIdHeader = requestId === undefined ? undefined : canonicalHeaderName(requestId[0]);
  const headers: string[] = [];
  for (let i = 0; i < texts.length; i += 2) {
    const name = texts[i] as string;
    const canonical = canonicalHeaderName(name);
    if (HOP_BY_HOP.has(canonical) || named?.has(canonical) || canonical === requestIdHeader) continue;
    headers.push(name, texts[i + 1] as string);
  }
  if (requestId !== undefined) headers.push(...requestId);
  return headers;
}

/** The most octets between the first item of a list and its end: a larger distance means that the head came in pieces. */
const HEAD_LIMIT = 64 * 1024;

/** Decoding each item is expensive, and usually the items are adjacent in one buffer. */
function decodeTogether(raw: readonly (Buffer | string)[]): string[] | undefined {
  const [first] = raw;
  const last = raw[raw.length - 1];
  if (!Buffer.isBuffer(first) || !Buffer.isBuffer(last)) return undefined;
  const { buffer, byteOffset: start } = first;
  const size = last.byteOffset + last.length - start;
  if (last.buffer !== buffer || size < 0 || size > HEAD_LIMIT) return undefined;
  const text = decode(Buffer.from(buffer, start, size));
  const items: string[] = [];
  for (const item of raw) {
    if (typeof item === 'string' || item.buffer !== buffer) return undefined;
    const at = item.byteOffset - start;
    if (at < 0 || at + item.length > size) return undefined;
    items.push(text.slice(at, at + item.length));
  }
  return items;
}

function decode(octets: Buffer): string {
  return octets.toString('latin1');
}

/** undici reads it as UTF-8, which Node cannot write: a status text with other characters is dropped (RFC 9112 4: it has no meaning). */
export function buildReasonPhrase(statusText: string | undefined): string {
  return statusText !== undefined && /^[\t\x20-\x7e]*$/.test(statusText) ? statusText : '';
}

/** The value of a header; several as one list (RFC 9110 5.3). `name` in lower case. */
export function headerOf(head: ResponseHead, name: string): string | undefined {
  const { headers } = head;
  let value: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const candidate = headers[i] as string;
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue;
    value = value === undefined ? headers[i + 1] : `${value}, ${headers[i + 1]}`;
  }
  return value;
}

/** The same head without some headers; `names` in lower case. */
export function withoutHeaders(head: ResponseHead, names: ReadonlySet<string>): ResponseHead {
  const headers: string[] = [];
  for (let i = 0; i < head.headers.length; i += 2) {
    const name = head.headers[i] as string;
    if (!names.has(name.toLowerCase())) headers.push(name, head.headers[i + 1] as string);
  }
  return { ...head, headers };
}

/** What a head says about the octets of its body. */
const OF_BODY = [
  'content-length',
  'content-encoding',
  'content-md5',
  'content-digest',
  'repr-digest',
  'digest',
  'etag',
  'accept-ranges',
];
const DESCRIPTIONS: ReadonlySet<string> = new Set(OF_BODY);
const ALL_DESCRIPTIONS: ReadonlySet<string> = new Set([...OF_BODY, 'content-type', 'content-language']);

/** The same head for a changed body of so many bytes, without content coding. */
export function describeBody(head: ResponseHead, size: number): ResponseHead {
  return withLength(withoutHeaders(head, DESCRIPTIONS), size);
}

/** The same head for no body at all. */
export function describeNoBody(head: ResponseHead): ResponseHead {
  return withLength(withoutHeaders(head, ALL_DESCRIPTIONS), 0);
}

function withLength(head: ResponseHead, size: number): ResponseHead {
  return { ...head, headers: [...head.headers, 'Content-Length', String(size)] };
}
