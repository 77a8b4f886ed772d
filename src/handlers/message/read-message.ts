import type { IncomingMessage } from 'node:http';
import { hasBody, readBody } from '../../http/read-body.ts';
import { RequestBody } from '../../http/request-body.ts';
import { changeParameters } from '../../oauth/change-parameters.ts';
import { readFlatJson, readJsonParameters, withoutFlatMembers } from '../../oauth/json-parameters.ts';
import { isForeignMultipart } from '../../oauth/multipart.ts';
import {
  holdsFormParameter,
  Parameters,
  type ParsedParameters,
  parseParameters,
} from '../../oauth/parameters.ts';
import type { Violation } from '../../policy/reason.ts';
import type { Exchange } from '../exchange.ts';
import type { BodyText, FormText, Message } from './message.ts';

/** Reads a request whose parameters are in the query, in the body, or in both. Only a POST has a body to wait for. */
export function readMessage(exchange: Exchange): Message | Promise<Message> {
  const { method, target, request, services } = exchange;
  const query = readForm(exchange, target.query ?? '');
  if (method === 'POST') return readPost(exchange, query);
  if (method === 'GET' || method === 'HEAD') {
    // A body has no meaning here (RFC 9110 9.3.1), and is not forwarded, because some servers read it.
    if (!request.readableEnded) request.resume();
    return { query, body: undefined, otherMethod: false, otherBody: false, asSent: () => null };
  }
  const otherBody = hasBody(request);
  const asSent = () => (otherBody ? new RequestBody(request, { patience: services.bodyLimits.time }) : null);
  return { query, body: undefined, otherMethod: true, otherBody, asSent };
}

function readForm(exchange: Exchange, text: string): FormText {
  const raw = changeParameters(text, { dropped: droppedParameters(exchange) });
  return { ...parseParameters(raw), raw };
}

/** A revocation keeps all of its parameters. */
function droppedParameters({ issuer, endpoint }: Exchange): ReadonlySet<string> {
  return endpoint === 'revocation' ? NOTHING : issuer.droppedParameters;
}

const NOTHING: ReadonlySet<string> = new Set();

async function readPost(exchange: Exchange, query: FormText): Promise<Message> {
  const { request, services } = exchange;
  const read = await readBody(request, services.bodyLimits);
  const text = read.complete ? read.bytes.toString('latin1') : '';
  exchange.sentText = text;
  const body = describeBody(exchange, read.complete, text);
  const asSent: Message['asSent'] = (dropped = NOTHING) => {
    if (!read.complete) return read.resume();
    const { form, isForm, format } = body;
    if (!isForm) return read.bytes;
    const raw = format === 'json' ? withoutMembers(form, dropped) : changeParameters(form.raw, { dropped });
    return raw.length === text.length ? read.bytes : Buffer.from(raw, 'latin1');
  };
  return { query, body, otherMethod: false, otherBody: false, asSent };
}

function describeBody(exchange: Exchange, isComplete: boolean, text: string): BodyText {
  const { request, endpoint, issuer } = exchange;
  const contentType = request.headers['content-type'] ?? '';
  const mediaType = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  // Some servers recognise JSON by its first character, with any content type.
  const looksLikeJson = /^(?:\xef\xbb\xbf)?\s*[[{"]/.test(text);
  const takesJson = endpoint === 'token' && issuer.config.tokenContentTypes.includes('json');
  const isJson = takesJson && mediaType === 'application/json';
  const isForm = isJson || (mediaType === 'application/x-www-form-urlencoded' && !looksLikeJson);
  const isEmpty = isComplete && text === '';
  // Consent pages post multipart forms of the server's own fields.
  const isForeign = endpoint === 'authorization' && isComplete && isForeignMultipart(contentType, text);
  const hasNoParameter = isEmpty || isForeign;
  const charset = charsetOf(contentType);
  const isMisread = mayBeMisread(charset, text);
  const isEncoded = isContentEncoded(request);
  // Some servers read every body as a form: `{"a":"&code=…"}` is one too.
  const nested = isForm || holdsFormParameter(text) ? undefined : readJsonParameters(text);
  let problem: Violation | undefined;
  const hasBadType = !isForm || isMisread || (!/^utf-?8$/.test(charset) && !isAscii(text));
  if (hasBadType && !hasNoParameter && isComplete)
    problem = { reason: 'content_type_not_allowed', detail: contentType || 'no Content-Type' };
  else if (isEncoded) problem = { reason: 'content_encoding_not_allowed' };
  else if (!isComplete) problem = { reason: 'body_too_large' };
  return {
    form: isJson ? readJson(exchange, text) : readForm(exchange, isForm ? text : ''),
    isForm,
    isEmpty,
    // With a different content type it may still be a form: good enough for a client_id in the log.
    guessed: isForm ? [] : (nested ?? parseParameters(text).parameters.entries),
    problem,
    unread: !isComplete || isEncoded || isMisread || !(isForm || nested !== undefined || hasNoParameter),
    format: isJson ? 'json' : 'form',
  };
}

/** Whether a request declares a content coding (RFC 9110 8.4). */
export function isContentEncoded({ headers }: IncomingMessage): boolean {
  const coding = headers['content-encoding']?.trim().toLowerCase();
  return coding !== undefined && coding !== 'identity';
}

/** RFC 6749 has forms only; some servers also accept one flat JSON object (`token_content_types`). */
function readJson(exchange: Exchange, text: string): FormText {
  const read = readFlatJson(text);
  const dropped = droppedParameters(exchange);
  // One that is not flat may still name its client.
  const nested = typeof read === 'string' ? readJsonParameters(text) : undefined;
  const entries = typeof read === 'string' ? (nested ?? []) : read.filter(([name]) => !dropped.has(name));
  // Its values must follow the rules for form values.
  const parsed: ParsedParameters = parseParameters(new Parameters(entries).serialize());
  if (typeof read !== 'string') return { ...parsed, raw: withoutMembers({ ...parsed, raw: text }, dropped) };
  const problems = [{ reason: read, detail: undefined }];
  return { ...parsed, problems, lossless: false, hidden: nested === undefined, raw: text };
}

/** What is not one flat object stays as it is. */
function withoutMembers({ raw, lossless }: FormText, dropped: ReadonlySet<string>): string {
  return !lossless || dropped.size === 0 ? raw : withoutFlatMembers(raw, dropped);
}

/** Charsets in which ASCII octets have a different meaning. */
const UNLIKE_ASCII = /utf-?(?:7|16|32)|ucs|unicode|ebcdic|ibm|cp\d|iso-2022|hz-gb/;
/** Charsets in which they have their own. Java also calls EBCDIC `037`. */
const LIKE_ASCII =
  /^(?:utf-?8|(?:us-)?ascii|iso[-_]?8859[-_]?\d+|latin-?\d|windows-?125\d|koi8-?\w+|gb\w+|big5|euc-?\w+|s(?:hift)?[-_]?jis)$/;

/** Whether a server that obeys the charset could read other parameters. */
function mayBeMisread(charset: string, text: string): boolean {
  return UNLIKE_ASCII.test(charset) || (!LIKE_ASCII.test(charset) && !isAscii(text));
}

/** RFC 6749 appendix B: UTF-8. With most other charsets, ASCII text is the same. Servers disagree on which of several counts. */
function charsetOf(contentType: string): string {
  const named = contentType.toLowerCase().matchAll(/charset[*\s]*=\s*["']?([^"';\s]*)/g);
  return [...new Set([...named].map(([, charset]) => charset))].join() || 'utf-8';
}

function isAscii(text: string): boolean {
  return !/[\x80-\xff]|%[89a-f]/i.test(text);
}
