import { formPostPage } from '../pages.ts';
import type { Quirks } from './quirks.ts';
import { type Exchange, sendHtml } from './state.ts';

/** Sends the browser to the client, with a code or with an error. `encoded` is the query of the authorization request. */
export function sendAuthorizationResponse(
  exchange: Exchange,
  encoded: string,
  user: string | undefined,
  error: string | undefined = exchange.state.quirks.authorizationError,
): void {
  const { res, state } = exchange;
  const { quirks } = state;
  const parameters = new URLSearchParams(encoded);
  const requested = parameters.get('redirect_uri') ?? '';
  const redirectUri = quirks.redirectTo ?? requested;

  const usual: [string, string][] = [];
  if (error !== undefined || user === undefined) {
    usual.push(['error', error ?? 'server_error'], ['error_description', 'the script says so']);
  } else {
    const code = quirks.newCode();
    const clientId = parameters.get('client_id') ?? '';
    const scope = parameters.get('scope') ?? '';
    state.codes.set(code, { clientId, redirectUri: requested, scope, subject: user, spent: false });
    usual.push(['code', code]);
  }
  const extra = Object.entries(quirks.extraParameters);
  const fields = quirks.extraParametersAt === 'first' ? [...extra, ...usual] : [...usual, ...extra];

  const mode = quirks.responseMode === 'as_requested' ? parameters.get('response_mode') : quirks.responseMode;
  if (mode === 'form_post') {
    const given = parameters.get('state');
    const echoed: [string, string][] = given === null || quirks.state === 'dropped' ? [] : [['state', given]];
    sendHtml(res, 200, formPostPage(redirectUri, [...fields, ...echoed]));
    return;
  }
  const query = [
    ...fields.map(([name, value]) => `${name}=${encodeURIComponent(value)}`),
    ...encodeState(encoded, quirks.state),
  ].join('&');
  const separator = mode === 'fragment' ? '#' : redirectUri.includes('?') ? '&' : '?';
  const isError = fields.some(([name]) => name === 'error');
  const status = isError && quirks.errorsAs === '400_with_location' ? 400 : quirks.redirectStatus;
  res.writeHead(status, { location: `${redirectUri}${separator}${query}` });
  res.end();
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
