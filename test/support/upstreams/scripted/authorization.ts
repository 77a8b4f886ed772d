import { randomBytes } from 'node:crypto';
import { loginPage } from '../pages.ts';
import { sendAuthorizationResponse } from './authorization-response.ts';
import { PATHS } from './quirks.ts';
import { resolveRequest } from './requests.ts';
import { type Exchange, hostOrigin, realmOf, sendHtml, sendJson } from './state.ts';

/** The authorization endpoint: answers at once, or sends the browser to log in first. */
export function handleAuthorization(exchange: Exchange): void {
  const { request, res, state } = exchange;
  // After a 307 from the login page, the body is the login form and the parameters are in the query.
  const asked = request.form.has('client_id') ? request.body : (request.target.split('?')[1] ?? '');
  const encoded = resolveRequest(asked, state);
  const parameters = new URLSearchParams(encoded);
  if (rejectsParameter(exchange, parameters)) return;
  if (!parameters.has('client_id') || !parameters.has('redirect_uri')) {
    sendHtml(res, 400, '<h1>client_id and redirect_uri are needed</h1>');
    return;
  }
  const session = sessionOf(exchange);
  if (state.quirks.login === 'none' || session?.user !== undefined) {
    sendAuthorizationResponse(exchange, encoded, session?.user ?? 'alice');
    return;
  }
  if (parameters.get('prompt') === 'none') {
    sendAuthorizationResponse(exchange, encoded, undefined, 'login_required');
    return;
  }
  const returned = state.quirks.wayBack === 'as_asked' ? asked : encoded;
  const wayBack = `${realmOf(request)}${PATHS.authorization}?${returned}`;
  if (state.quirks.login === 'return_to') {
    redirectToOwn(exchange, `${realmOf(request)}${PATHS.login}?return_to=${encodeURIComponent(wayBack)}`);
    return;
  }
  const id = randomBytes(9).toString('hex');
  state.sessions.set(id, { pending: returned });
  res.setHeader('set-cookie', `legacy_session=${id}; Path=/; HttpOnly`);
  redirectToOwn(exchange, `${realmOf(request)}${PATHS.login}`);
}

/** The login page, and the POST that logs in. */
export function handleLogin(exchange: Exchange): void {
  const { request, res, state } = exchange;
  if (request.method !== 'POST') {
    sendHtml(res, 200, loginPage(`${realmOf(request)}${PATHS.login}`, request.query));
    return;
  }
  const user = request.form.get('username') || 'alice';
  const session = sessionOf(exchange);
  if (state.quirks.login === 'issue_at_login' && session?.pending !== undefined) {
    sendAuthorizationResponse(exchange, resolveRequest(session.pending, state), user);
    return;
  }
  const wayBack =
    request.form.get('return_to') ?? `${realmOf(request)}${PATHS.authorization}?${session?.pending ?? ''}`;
  const id = randomBytes(9).toString('hex');
  state.sessions.set(id, { user });
  res.setHeader('set-cookie', `legacy_session=${id}; Path=/; HttpOnly`);
  redirectToOwn(exchange, wayBack);
}

export function handlePushedAuthorization(exchange: Exchange): void {
  const { request, res, state } = exchange;
  if (rejectsParameter(exchange, request.form)) return;
  const requestUri = `urn:ietf:params:oauth:request_uri:${randomBytes(12).toString('hex')}`;
  state.pushed.set(requestUri, request.body);
  sendJson(res, 201, { request_uri: requestUri, expires_in: 60 });
}

/** The 400 of a server that validates parameters strictly and does not know some. */
export function rejectsParameter({ res, state }: Exchange, parameters: URLSearchParams): boolean {
  const { pkceParameters, resourceParameter } = state.quirks;
  const unknown = [
    ...(pkceParameters === 'rejected' ? ['code_challenge', 'code_challenge_method', 'code_verifier'] : []),
    ...(resourceParameter === 'rejected' ? ['resource'] : []),
  ];
  const name = unknown.find((n) => parameters.has(n));
  if (name === undefined) return false;
  sendJson(res, 400, { error: 'invalid_request', error_description: `unknown parameter: ${name}` });
  return true;
}

function sessionOf({ request, state }: Exchange): { user?: string; pending?: string } | undefined {
  const id = /(?:^|; )legacy_session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
  return id === undefined ? undefined : state.sessions.get(id);
}

function redirectToOwn(exchange: Exchange, path: string): void {
  const { res, state } = exchange;
  const base = { relative: '', host: hostOrigin(exchange), internal: state.internalOrigin }[
    state.quirks.ownLocations
  ];
  res.writeHead(state.quirks.redirectStatus, { location: `${base}${path}` });
  res.end();
}
