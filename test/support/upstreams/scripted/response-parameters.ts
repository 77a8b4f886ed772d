import { randomBytes } from 'node:crypto';
import { encryptJwt, leftHalfHash, signJwt } from './jwts.ts';
import { type Exchange, type Grant, hostOrigin } from './state.ts';

type Fields = readonly (readonly [name: string, value: string])[];

/** The parameters of a successful response: always a code, and what the response_type requests. */
export function successParameters(
  exchange: Exchange,
  asked: URLSearchParams,
  user: string,
): [string, string][] {
  const { state } = exchange;
  const { quirks } = state;
  const code = quirks.newCode();
  const grant: Grant = {
    clientId: asked.get('client_id') ?? '',
    redirectUri: asked.get('redirect_uri') ?? '',
    scope: asked.get('scope') ?? '',
    subject: user,
  };
  state.codes.set(code, { ...grant, redeemed: 0 });
  const fields: [string, string][] = [['code', code]];
  const types = new Set(asked.get('response_type')?.split(' '));
  if (types.has('token')) {
    const accessToken = `access-${randomBytes(9).toString('hex')}`;
    state.tokens.set(accessToken, grant);
    fields.push(['access_token', accessToken], ['token_type', 'Bearer']);
  }
  if (types.has('id_token')) {
    const clientState = asked.get('state');
    const idToken = signJwt({
      iss: issuerOf(exchange),
      aud: grant.clientId,
      sub: user,
      nonce: asked.get('nonce') ?? undefined,
      c_hash: leftHalfHash(code),
      ...(quirks.stateHash && clientState !== null && { s_hash: leftHalfHash(clientState) }),
    });
    fields.push(['id_token', idToken]);
  }
  return quirks.iss ? [...fields, ['iss', issuerOf(exchange)]] : fields;
}

/** JARM 2.1: the whole response, its state included, in one JWT. */
export function jwtParameters(
  exchange: Exchange,
  asked: URLSearchParams,
  fields: Fields,
): [string, string][] {
  const { jarm } = exchange.state.quirks;
  if (jarm === 'encrypted') return [['response', encryptJwt()]];
  const claims = { iss: issuerOf(exchange), aud: asked.get('client_id'), ...Object.fromEntries(fields) };
  const jwt = signJwt(claims);
  return [['response', jarm === 'malformed' ? jwt.replace('.', '.!') : jwt]];
}

function issuerOf(exchange: Exchange): string {
  return exchange.state.quirks.publicUrl ?? hostOrigin(exchange);
}
