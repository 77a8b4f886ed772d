import type { RandomPart } from '../product.ts';
import { NONCE } from './nonce.ts';
import type { Exchange, HeaderLines } from './tap.ts';

export type Reading = {
  readonly random: readonly RandomPart[];
  /** The state that the client sent; the flow prefix is the text directly before it. */
  readonly state: string;
  readonly username: string;
  /** The server's name for browsers and clients. The gateway's own metadata requests use its address. */
  readonly host: string;
  /** For redirects to this address, only the headers count: servers repeat the address in the body, so the gateway drops it. */
  readonly redirectUri: string;
};

/**
 * Allowed differences between two logins of any product, in addition to its own `random`: the name of the user, the nonce,
 * the time, the framing of a body (a length must match its body), and headers that a proxy adds.
 */
export const LEFT_OUT: Readonly<Record<'request' | 'response', ReadonlySet<string>>> = {
  request: new Set([
    'connection',
    'content-length',
    'transfer-encoding',
    // Pages are inspected on their way back, so they are requested without a coding.
    'accept-encoding',
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-port',
    'x-forwarded-proto',
    'x-request-id',
  ]),
  response: new Set([
    'connection',
    'keep-alive',
    'content-length',
    'transfer-encoding',
    'date',
    'x-request-id',
  ]),
};

/** Pages, form posts and requests of scripts or clients. Files of a page load in any order, and from a cache. */
export function isSpoken({ headers, target }: Exchange): boolean {
  const destination = headerOf(headers, 'sec-fetch-dest');
  const isFile = destination !== undefined && !['document', 'iframe', 'empty'].includes(destination);
  return !isFile && !target.endsWith('/favicon.ico');
}

/** Exchanges as text, so that two logins can be compared line by line. */
export function transcribe(exchanges: readonly Exchange[], reading: Reading): string {
  return exchanges
    .filter((exchange) => isSpoken(exchange) && headerOf(exchange.headers, 'host') === reading.host)
    .map((exchange) => withoutRepeatedAddress(exchange, reading.redirectUri))
    .map((exchange) => {
      const text = [
        `> ${exchange.method} ${exchange.target}`,
        ...headerText('request', exchange.headers, exchange.body),
        exchange.body.toString('latin1'),
        `< ${exchange.status}`,
        ...headerText('response', exchange.responseHeaders, exchange.responseBody),
        exchange.responseBody.toString('utf8'),
      ].join('\n');
      return withoutRandom(text, reading);
    })
    .join('\n\n');
}

function withoutRepeatedAddress(exchange: Exchange, redirectUri: string): Exchange {
  const location = headerOf(exchange.responseHeaders, 'location');
  if (location?.startsWith(redirectUri) !== true) return exchange;
  const responseHeaders = exchange.responseHeaders.filter(
    ([name]) => !['content-type', 'content-length', 'content-language'].includes(name.toLowerCase()),
  );
  return { ...exchange, responseHeaders, responseBody: Buffer.alloc(0) };
}

function headerText(of: 'request' | 'response', headers: HeaderLines, body: Buffer): string[] {
  const length = headerOf(headers, 'content-length');
  return headers
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !LEFT_OUT[of].has(name))
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
    .map(([name, value]) => `${name}: ${value}`)
    .concat(length === undefined || Number(length) === body.length ? [] : ['content-length: wrong']);
}

function withoutRandom(text: string, { random, state, username }: Reading): string {
  const timeless = text.replace(HTTP_DATE, '«time»');
  const known = random.reduce(
    (rest, { what, pattern }) => rest.replace(pattern, replaceWith(`«${what}»`)),
    timeless,
  );
  return withoutPrefix(known, state).replace(NONCE, '«nonce»').replaceAll(username, '«user»');
}

const HTTP_DATE = /\b[A-Z][a-z]{2}, \d\d[ -][A-Z][a-z]{2}[ -]\d{4} \d\d:\d\d:\d\d GMT/g;

/** If there is a group, only its match is replaced: it marks the random part. */
function replaceWith(mark: string): (whole: string, ...rest: unknown[]) => string {
  return (whole, ...rest) => {
    const part = rest.slice(0, -2).find((group) => typeof group === 'string');
    return part === undefined ? mark : whole.replace(part as string, () => mark);
  };
}

/** The state begins with letters and digits that no server encodes, so the prefix precedes it in any spelling. */
function withoutPrefix(text: string, state: string): string {
  const start = /^\w+/.exec(state)?.[0] ?? '';
  return text.replace(new RegExp(`[\\w.-]{32}(?=${start})`, 'g'), '');
}

function headerOf(headers: HeaderLines, wanted: string): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
}
