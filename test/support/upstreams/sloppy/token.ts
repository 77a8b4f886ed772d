import { newSecret, type SloppyExchange, sendJson } from './exchange.ts';

/** Anybody with a valid code gets a token. It ignores client, redirect_uri and verifier. */
export function handleToken({ method, parameters, response, state }: SloppyExchange): void {
  const { grantType, redeemingMethods } = state.laxity;
  const grants = parameters.candidates('grant_type').map((grant) => grant.toLowerCase());
  const redeems = grants.includes('authorization_code') || (grants.length === 0 && grantType === 'assumed');
  const codes = parameters.candidates('code');
  const brought = grantType === 'assumed' ? parameters.values : codes;
  const known = brought.find((value) => state.codes.has(value));
  if (known !== undefined && (redeems || grantType === 'assumed')) state.redeemable.push(known);
  if (redeemingMethods === 'post' && method !== 'POST') {
    sendJson(response, 405, { error: 'invalid_request' });
    return;
  }
  if (redeems && codes.some((code) => state.codes.has(code))) {
    state.issued++;
    sendJson(response, 200, { access_token: newSecret('access'), token_type: 'Bearer' });
  } else {
    sendJson(response, 400, { error: 'invalid_grant' });
  }
}
