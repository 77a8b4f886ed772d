import { hasBody, type ReadBody, readBody } from '../http/read-body.ts';
import { RequestBody } from '../http/request-body.ts';
import { readJsonParameters } from '../oauth/json-parameters.ts';
import { canonicalName, isProtocolParameter } from '../oauth/parameter-names.ts';
import { Parameters, type ParsedParameters, parseParameters } from '../oauth/parameters.ts';
import type { MessageReason } from '../policy/reason.ts';
import type { Exchange } from './exchange.ts';

/** A request to an endpoint, read in the one way in which it is judged and forwarded. */
export type Message = {
  /** The message's own parameters: of the query for GET and HEAD, of the body for POST. */
  readonly parameters: Parameters;
  /** Everything that could name the client or a code, from query and body, however unlikely the upstream reads it. */
  readonly hints: Parameters;
  /** Whether there may be more in it than `hints` has: a body that is encoded, too large, or neither form nor JSON. */
  readonly unread: boolean;
  /** What is wrong with the message as such. */
  readonly problem: MessageReason | undefined;
  /** Whether `parameters` mean all that the message means: whether it can be forwarded from them. */
  readonly lossless: boolean;
  /** Those in the query of a POST; they should hold no protocol parameter. */
  readonly queryParameters: Parameters;
  /** The body as it came, for a client that is not to be broken; `null`: none. */
  readonly bodyAsSent: () => RequestBody | Buffer | null;
};

const NONE = new Parameters([]);

/**
 * Reads a request whose parameters stand in the query (GET, HEAD; where allowed) or in a form body (POST), which alone has
 * to be waited for.
 */
export function readMessage(
  exchange: Exchange,
  allowed: { readonly query: boolean },
): Message | Promise<Message> {
  const { method, target, request, services } = exchange;
  const query = parseParameters(target.query ?? '');
  if (method === 'POST') return readForm(exchange, query);
  if (allowed.query && (method === 'GET' || method === 'HEAD')) {
    // A body here means nothing (RFC 9110 9.3.1); a server that reads it all the same does not get it.
    if (!request.readableEnded) request.resume();
    return queryMessage(query);
  }
  return {
    parameters: query.parameters,
    hints: query.parameters,
    unread: query.hidden || hasBody(request),
    problem: 'http_method_not_allowed',
    lossless: false,
    queryParameters: NONE,
    bodyAsSent: () =>
      hasBody(request) ? new RequestBody(request, { patience: services.bodyLimits.time }) : null,
  };
}

/** The message of a GET. */
export function queryMessage({ parameters, problem, lossless, hidden }: ParsedParameters): Message {
  return {
    parameters,
    hints: parameters,
    unread: hidden,
    problem,
    lossless,
    queryParameters: NONE,
    bodyAsSent: () => null,
  };
}

async function readForm(exchange: Exchange, query: ParsedParameters): Promise<Message> {
  const { request, services } = exchange;
  const body = await readBody(request, services.bodyLimits);
  const contentType = request.headers['content-type'];
  const text = body.complete ? body.bytes.toString('latin1') : '';
  // Some servers tell JSON by its first character, whatever the content type.
  const form = isForm(contentType) && !/^(?:\xef\xbb\xbf)?\s*[[{"]/.test(text);
  const { parameters, problem, lossless, hidden } = parseParameters(form ? text : '');
  const json = form ? undefined : readJsonParameters(text);
  // Under another content type it may still be a form: good enough for a name in the log.
  const guessed = form ? [] : (json ?? parseParameters(text).parameters.entries);
  const encoded = isEncoded(exchange);
  const read = body.complete && !encoded && (form || json !== undefined || text === '');
  return {
    parameters,
    hints: new Parameters([...parameters.entries, ...guessed, ...query.parameters.entries]),
    unread: !read || hidden || query.hidden,
    problem: problemOf(body, form, encoded) ?? problem ?? problemOfQuery(query),
    lossless: lossless && body.complete && form && query.lossless,
    queryParameters: query.parameters,
    bodyAsSent: () => (body.complete ? body.bytes : body.resume()),
  };
}

function problemOf(body: ReadBody, form: boolean, encoded: boolean): MessageReason | undefined {
  if (!form && !(body.complete && body.bytes.length === 0)) return 'content_type_not_allowed';
  if (encoded) return 'content_encoding_not_allowed';
  return body.complete ? undefined : 'body_too_large';
}

function isEncoded({ request }: Exchange): boolean {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase();
  return encoding !== undefined && encoding !== 'identity';
}

function problemOfQuery(query: ParsedParameters): MessageReason | undefined {
  const inQuery = query.parameters.entries.some(([name]) => isProtocolParameter(canonicalName(name)));
  return inQuery ? 'parameter_in_query' : query.problem;
}

/** UTF-8 is the only charset that the body is read in (RFC 6749 appendix B); another one would hide parameters. */
function isForm(contentType: string | undefined): boolean {
  return /^\s*application\/x-www-form-urlencoded\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?;?\s*$/i.test(
    contentType ?? '',
  );
}
