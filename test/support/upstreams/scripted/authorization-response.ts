import { brotliCompressSync, gzipSync } from 'node:zlib';
import { page } from '../pages.ts';
import { shapedFormPostPage } from './form-post-pages.ts';
import type { Quirks } from './quirks.ts';
import { jwtParameters, successParameters } from './response-parameters.ts';
import type { Exchange } from './state.ts';

type Fields = readonly (readonly [name: string, value: string])[];

/** Sends the browser to the client, with a code or with an error. `encoded` is the query of the authorization request. */
export function sendAuthorizationResponse(
  exchange: Exchange,
  encoded: string,
  user: string | undefined,
  error: string | undefined = exchange.state.quirks.authorizationError,
): void {
  const { quirks } = exchange.state;
  const asked = new URLSearchParams(encoded);
  const redirectUri = quirks.redirectTo ?? asked.get('redirect_uri') ?? '';
  const isError = error !== undefined || user === undefined;
  const usual: Fields = isError
    ? [
        ['error', error ?? 'server_error'],
        ['error_description', 'the script says so'],
      ]
    : successParameters(exchange, asked, user);
  const extra = Object.entries(quirks.extraParameters);
  const fields = quirks.extraParametersAt === 'first' ? [...extra, ...usual] : [...usual, ...extra];
  const given = asked.get('state');
  const echoed: Fields = given === null || quirks.state === 'dropped' ? [] : [['state', given]];
  const status = isError && quirks.errorsAs === '400_with_location' ? 400 : undefined;

  const { carrier, signed } = responseModeOf(asked, quirks);
  if (carrier === 'web_message' || carrier === 'okta_post_message') {
    sendWebMessage(exchange, redirectUri, [...fields, ...echoed]);
    return;
  }
  const parameters = signed ? jwtParameters(exchange, asked, [...fields, ...echoed]) : fields;
  if (carrier === 'form_post') {
    const posted = signed ? parameters : [...parameters, ...echoed];
    const html = shapedFormPostPage(quirks.formPostPage, redirectUri, posted);
    sendPage(exchange, status ?? 200, html);
    return;
  }
  const query = [
    ...parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`),
    ...(signed ? [] : encodeState(encoded, quirks.state)),
  ].join('&');
  const separator = carrier === 'fragment' ? '#' : redirectUri.includes('?') ? '&' : '?';
  exchange.res.writeHead(status ?? quirks.redirectStatus, {
    location: `${redirectUri}${separator}${query}`,
  });
  exchange.res.end();
}

/** Without a response_mode, and for `jwt`: the fragment if there are tokens (OAuth 2.0 Multiple Response Types 5, JARM 2.3.4). */
function responseModeOf(asked: URLSearchParams, quirks: Quirks): { carrier: string; signed: boolean } {
  const usual = /token/.test(asked.get('response_type') ?? '') ? 'fragment' : 'query';
  const requested = asked.get('response_mode') ?? usual;
  const mode = quirks.responseMode === 'as_requested' ? requested : quirks.responseMode;
  if (mode === 'jwt') return { carrier: usual, signed: true };
  return { carrier: mode.replace(/\.jwt$/, ''), signed: mode.endsWith('.jwt') };
}

function sendPage({ res, state }: Exchange, status: number, html: string): void {
  const { contentEncoding } = state.quirks;
  const body = { identity: Buffer.from, gzip: gzipSync, br: brotliCompressSync }[contentEncoding](html);
  res.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': body.length,
    ...(contentEncoding !== 'identity' && { 'content-encoding': contentEncoding }),
  });
  res.end(body);
}

/** The page of the expired draft-sakimura-oauth-wmrm, which posts to its opener window. */
function sendWebMessage(exchange: Exchange, redirectUri: string, fields: Fields): void {
  const message = JSON.stringify({ response: Object.fromEntries(fields) });
  const target = JSON.stringify(URL.parse(redirectUri)?.origin);
  sendPage(exchange, 200, page('Done', `<script>opener.postMessage(${message}, ${target})</script>`));
}

function encodeState(encoded: string, how: Quirks['state']): string[] {
  const state = new URLSearchParams(encoded).get('state');
  if (state === null) return [];
  const percent = encodeURIComponent(state);
  switch (how) {
    case 'dropped':
      return [];
    case 'percent':
      return [`state=${percent}`];
    case 'plus':
      return [`state=${percent.replaceAll('%20', '+')}`];
    case 'lower_hex':
      return [`state=${percent.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase())}`];
    case 'raw':
      return encoded.split('&').filter((pair) => pair.startsWith('state='));
  }
}
