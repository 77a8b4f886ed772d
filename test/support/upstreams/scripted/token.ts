import { randomBytes } from 'node:crypto';
import { readClientCredentials } from '../client-credentials.ts';
import { rejectsParameter } from './authorization.ts';
import { leftHalfHash, signJwt } from './jwts.ts';
import { type Exchange, type Grant, sendJson } from './state.ts';

/** The token endpoint. It checks client, code and redirect_uri, but never code_verifier. */
export async function handleToken(exchange: Exchange): Promise<void> {
  const { request, res, state } = exchange;
  const { quirks } = state;
  if (rejectsParameter(exchange, request.form)) return;
  switch (quirks.token) {
    case 'reset':
      res.socket?.resetAndDestroy();
      return;
    case 'truncated':
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      res.write('{"access_token":"', () => res.socket?.destroy());
      return;
    case 'status':
      sendJson(res, quirks.tokenStatus, { error: 'temporarily_unavailable' });
      return;
    case 'held':
      await new Promise<void>((resolve) => state.held.add(resolve));
  }
  answer(exchange);
}

function answer(exchange: Exchange): void {
  const { request, res, state } = exchange;
  const grantType = request.form.get('grant_type');
  if (grantType === 'client_credentials') {
    sendJson(res, 200, { access_token: 'for-the-client-itself', token_type: 'Bearer' });
    return;
  }
  if (grantType !== 'authorization_code' && grantType !== 'refresh_token') {
    sendJson(res, 400, { error: 'unsupported_grant_type' });
    return;
  }
  const grant =
    grantType === 'authorization_code'
      ? redeem(exchange)
      : state.tokens.get(request.form.get('refresh_token') ?? '');
  if (grant === undefined) sendJson(res, 400, { error: 'invalid_grant' });
  else sendJson(res, 200, issueTokens(exchange, grant));
}

function redeem({ request, state }: Exchange): Grant | undefined {
  const grant = state.codes.get(request.form.get('code') ?? '');
  const { clientId } = readClientCredentials(request.headers, request.form);
  const redirectUri = request.form.get('redirect_uri');
  if (grant === undefined || (grant.redeemed > 0 && state.quirks.codes === 'single_use')) return undefined;
  // OAuth 2.1 dropped the redirect_uri of the token request, and so did some clients.
  if (redirectUri !== null && redirectUri !== grant.redirectUri) return undefined;
  if (clientId !== undefined && clientId !== grant.clientId) return undefined;
  grant.redeemed += 1;
  return grant;
}

function issueTokens({ request, state }: Exchange, grant: Grant): Record<string, unknown> {
  const accessToken = `access-${randomBytes(9).toString('hex')}`;
  const refreshToken = `refresh-${randomBytes(9).toString('hex')}`;
  state.tokens.set(accessToken, grant);
  state.tokens.set(refreshToken, grant);
  return {
    access_token: accessToken,
    refresh_token: refreshToken,
    token_type: 'Bearer',
    expires_in: 3600,
    scope: grant.scope,
    sub: grant.subject,
    ...(state.quirks.codeHash && {
      id_token: signJwt({ aud: grant.clientId, c_hash: leftHalfHash(request.form.get('code') ?? '') }),
    }),
  };
}

export function handleUserinfo({ request, res, state }: Exchange): void {
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const grant = state.tokens.get(token ?? '');
  if (grant === undefined) {
    res.setHeader('www-authenticate', 'Bearer error="invalid_token"');
    sendJson(res, 401, { error: 'invalid_token' });
  } else {
    sendJson(res, 200, { sub: grant.subject });
  }
}
