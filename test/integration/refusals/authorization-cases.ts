import { gzipSync } from 'node:zlib';
import type { Reason } from '../../../src/policy/reason.ts';
import { type Fields, REDIRECT_URI, type Stage } from '../stage.ts';
import type { RefusalCase } from './refusal-case.ts';

type Rest = Partial<RefusalCase>;

/** A request with wrong parameters. */
function asking(reason: Reason, what: string, fields: Fields, rest: Rest = {}): RefusalCase {
  const act: RefusalCase['act'] = (stage) => stage.authorize(fields);
  return { reason, what, endpoint: 'authorization', act, reply: 'query', reported: 302, ...rest };
}

/** A request with text after its query. */
function appending(reason: Reason, what: string, text: string, rest: Rest = {}): RefusalCase {
  const act: RefusalCase['act'] = (stage) => {
    const { pathname, search } = stage.client.authorizeUrl({ state: stage.state });
    return stage.send(`${pathname}${search}${text}`);
  };
  return { reason, what, endpoint: 'authorization', act, reply: 'query', reported: 302, ...rest };
}

/** A request that is not a GET with a query. */
function sending(reason: Reason, what: string, act: RefusalCase['act'], rest: Rest = {}): RefusalCase {
  return { reason, what, endpoint: 'authorization', act, reply: 'page', reported: 302, ...rest };
}

const formOf = (stage: Stage, fields: Fields = {}) =>
  stage.client.authorizeUrl({ state: stage.state, ...fields }).searchParams;

const atPath =
  (path: string): RefusalCase['act'] =>
  (stage) =>
    stage.send(`${path}?${formOf(stage)}`);

const withMethod =
  (method: string): RefusalCase['act'] =>
  (stage) =>
    stage.send(`/oauth2/authorize?${formOf(stage)}`, { method });

const PAGE = { reply: 'page' } as const;
const NOBODY = { reply: 'page', client: '_unlisted' } as const;
const ALLOW = { allow: 'GET, HEAD, POST' } as const;
const S256_LENGTH = 43;

export const AUTHORIZATION_CASES: readonly RefusalCase[] = [
  asking('client_id_missing', 'none', { client_id: undefined }, { ...NOBODY, reported: 400 }),
  sending(
    'client_id_ambiguous',
    'in another case',
    (stage) => stage.authorize({ client_id: stage.client.clientId.toUpperCase() }),
    { reply: 'query' },
  ),
  asking(
    'client_unknown',
    'unlisted clients are rejected',
    { client_id: 'stranger' },
    { ...NOBODY, unlisted: '{mode: reject}', reported: 'never' },
  ),
  asking('challenge_missing', 'no PKCE at all', {
    code_challenge: undefined,
    code_challenge_method: undefined,
  }),
  asking('challenge_missing', 'a method alone', { code_challenge: undefined }),
  asking('challenge_malformed', 'too short', { code_challenge: 'A'.repeat(S256_LENGTH - 1) }),
  asking('challenge_malformed', 'too long', { code_challenge: 'A'.repeat(S256_LENGTH + 1) }),
  asking('challenge_malformed', 'padded', { code_challenge: `${'A'.repeat(S256_LENGTH - 1)}=` }),
  asking('challenge_malformed', 'base64, not base64url', { code_challenge: `+${'A'.repeat(42)}` }),
  asking('method_not_allowed', 'plain', { code_challenge_method: 'plain' }),
  asking('method_not_allowed', 'none, so plain', { code_challenge_method: undefined }),
  asking('method_not_allowed', 'in lower case', { code_challenge_method: 's256' }),
  asking('method_not_allowed', 'unheard of', { code_challenge_method: 'S512' }),
  asking('response_type_not_allowed', 'implicit', { response_type: 'token' }, { reply: 'fragment' }),
  asking('response_type_not_allowed', 'hybrid', { response_type: 'code id_token' }, { reply: 'fragment' }),
  asking('response_type_not_allowed', 'in another case', { response_type: 'CODE' }),
  asking('response_type_not_allowed', 'none', { response_type: undefined }),
  asking(
    'response_mode_not_allowed',
    'a vendor’s own',
    { response_mode: 'okta_post_message' },
    { reported: 200 },
  ),
  asking('response_mode_not_allowed', 'unheard of', { response_mode: 'carrier_pigeon' }),
  ...[
    'https://evil.example/cb',
    `${REDIRECT_URI}/`,
    `${REDIRECT_URI}?x=1`,
    `${REDIRECT_URI}/../evil`,
    'https://app.example.com:443/cb',
    'https://app.example.com@evil.example/cb',
    'http://app.example.com/cb',
    'https://APP.example.com/cb',
  ].map((uri) => asking('redirect_uri_not_allowed', uri, { redirect_uri: uri }, PAGE)),
  asking('request_object_not_allowed', 'a JWT', { request: 'eyJhbGciOiJub25lIn0.e30.' }),
  asking('request_uri_unknown', 'a URN', { request_uri: 'urn:ietf:params:oauth:request_uri:of-nobody' }),
  asking('request_uri_unknown', 'a URL', { request_uri: 'https://evil.example/request.jwt' }),

  appending('parameter_repeated', 'the challenge', `&code_challenge=${'B'.repeat(S256_LENGTH)}`),
  appending('parameter_repeated', 'one that has no meaning here', '&prompt=none&prompt=login', {
    reported: 302,
  }),
  appending('parameter_repeated', 'redirect_uri', '&redirect_uri=https%3A%2F%2Fevil.example%2Fcb', PAGE),
  appending('parameter_repeated', 'client_id, another one', '&client_id=stranger', NOBODY),
  appending('parameter_malformed', 'a control character', '&response_mode=query%00'),
  appending('parameter_malformed', 'broken percent-encoding', '&scope=%zz'),
  appending('parameter_malformed', 'broken UTF-8', '&scope=%ff'),
  appending('parameter_malformed', 'a broken name', '&%zz=1', PAGE),
  appending('parameter_malformed', 'a broken redirect_uri', '&redirect_uri=%zz', PAGE),
  appending('parameter_malformed', 'NUL in a value', '&scope=openid%00email'),
  appending('parameter_malformed', 'a line end in a value', '&scope=openid%0Aemail'),
  appending('parameter_malformed', 'a C1 control character in a value', '&scope=openid%C2%85email'),
  appending('parameter_malformed', 'a name but for case', '&Code_Challenge=x'),
  appending('parameter_malformed', 'a name but for brackets', '&code_challenge[]=x'),
  appending('parameter_malformed', 'a name but for a space', '&code_challenge%20=x'),
  appending('parameter_malformed', 'client_id but for case', '&CLIENT_ID=stranger', {
    ...PAGE,
    client: 'unclear',
  }),
  asking('challenge_missing', 'empty', { code_challenge: '' }),
  asking('method_not_allowed', 'empty, so plain', { code_challenge_method: '' }),

  sending('parameter_conflict', 'a POST with another value in its query', (stage) =>
    stage.postForm('/oauth2/authorize?client_id=spa&response_type=token', formOf(stage)),
  ),
  sending(
    'content_type_not_allowed',
    'JSON',
    (stage) =>
      stage.postForm('/oauth2/authorize', JSON.stringify(Object.fromEntries(formOf(stage))), {
        headers: { 'content-type': 'application/json' },
      }),
    { reported: 400 },
  ),
  sending(
    'content_type_not_allowed',
    'a form in another charset, and not in ASCII',
    (stage) =>
      stage.postForm('/oauth2/authorize', `${formOf(stage)}&ui_locales=%e4`, {
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=ISO-8859-1' },
      }),
    { reply: 'query' },
  ),
  sending(
    'content_encoding_not_allowed',
    'gzip',
    (stage) =>
      stage.postForm('/oauth2/authorize', gzipSync(formOf(stage).toString()), {
        headers: { 'content-encoding': 'gzip' },
      }),
    { client: '_unlisted', reported: 400 },
  ),
  ...['PUT', 'DELETE', 'PATCH'].map((method) =>
    sending('http_method_not_allowed', method, withMethod(method), ALLOW),
  ),
  sending(
    'body_too_large',
    'more than 64 KiB',
    (stage) => stage.postForm('/oauth2/authorize', formOf(stage, { padding: 'x'.repeat(70_000) })),
    { client: '_unlisted' },
  ),
  ...[
    '/oauth2/authorize/',
    '//oauth2/authorize',
    '/OAuth2/Authorize',
    '/oauth2/%61uthorize',
    '/oauth2/authorize;v=1',
    '/oauth2%2Fauthorize',
    '/oauth2/x/%252e%252e/authorize',
    '/oauth2/authorize%00',
  ].map((path) => sending('path_ambiguous', path, atPath(path), { client: '_unlisted', reported: 404 })),
];
