import { gzipSync } from 'node:zlib';
import type { Answer } from '../../support/upstreams/recorder.ts';

/** A request to some path of the server that has nothing to do with redeeming a code. */
export type PageRequest = {
  readonly name: string;
  readonly method?: string;
  readonly target: string;
  readonly headers?: readonly string[];
  /** Octets. */
  readonly body?: string;
  readonly answer?: Answer;
};

const FORM = 'Content-Type: application/x-www-form-urlencoded';
const JSON_TYPE = 'Content-Type: application/json';
const octets = (text: string) => Buffer.from(text).toString('latin1');

const form = (name: string, target: string, body: string): PageRequest => ({
  name,
  method: 'POST',
  target,
  headers: [FORM],
  body: octets(body),
});
const json = (name: string, target: string, body: unknown, method = 'POST'): PageRequest => ({
  name,
  method,
  target,
  headers: [JSON_TYPE],
  body: octets(JSON.stringify(body)),
});
const get = (name: string, target: string, headers: readonly string[] = []): PageRequest => ({
  name,
  target,
  headers,
});
const redirect = (name: string, location: string, status = 302): PageRequest => ({
  name: `a redirect: ${name}`,
  method: 'POST',
  target: '/login',
  headers: [FORM],
  body: 'username=alice',
  answer: { status, headers: { location } },
});
const page = (name: string, html: string): PageRequest => ({
  name: `a page: ${name}`,
  target: '/mfa',
  answer: { headers: { 'content-type': 'text/html; charset=utf-8' }, body: octets(html) },
});

const PART = '--b\r\nContent-Disposition: form-data; name="';

export const PAGE_REQUESTS: readonly PageRequest[] = [
  // Logins.
  form(
    'a login with a name in unicode',
    '/login',
    'username=J%C3%BCrgen+%E6%9D%8E&password=p%40ss%2Bword+%26+more',
  ),
  form('a login with raw UTF-8', '/login', 'username=Jürgen&password=x'),
  form('a login in another charset', '/login', 'username=J%FCrgen&password=%E9'),
  form('the code of a TOTP form', '/mfa/totp', 'code=123456&remember=on'),
  form(
    'a TOTP form with state and response',
    '/mfa/totp',
    'code=123456&state=abc&response=xyz&response_type=code',
  ),
  form(
    'a form with everything that OAuth knows',
    '/consent',
    'client_id=spa&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb&state=x&scope=openid&code_challenge=x&request=y',
  ),
  form('a form with repeated fields', '/consent', 'scope=openid&scope=email&scope[]=a&scope[]=b'),
  form('a form that ends in a line end', '/login', 'username=alice&password=x\r\n'),
  form('a form with semicolons', '/login', 'username=alice;password=x'),
  form('a form with a NUL', '/login', 'username=alice%00&password=x'),
  form('a form with broken escapes', '/login', 'username=100%&password=%zz'),
  form('an empty form', '/login', ''),
  form('a code of a device', '/device', 'user_code=WDJB-MJHT'),
  form('a magic link', '/login/email', 'code=987654&email=alice%40example.com'),
  json('a login in JSON', '/api/login', { username: 'Jürgen', password: 'x', code: '123456' }),
  json('WebAuthn', '/webauthn/finish', {
    id: 'x',
    response: { clientDataJSON: 'e30', signature: 'x' },
    type: 'public-key',
  }),
  // Other protocols.
  form(
    'SAML',
    '/saml/acs',
    `SAMLResponse=${encodeURIComponent(Buffer.from('<samlp:Response Version="2.0"/>').toString('base64'))}&RelayState=https%3A%2F%2Fapp.example.com%2F%3Fcode%3Dx`,
  ),
  get(
    'SAML by redirect',
    `/saml/sso?SAMLRequest=${encodeURIComponent('fZJNT+MwEIb/yij3+3==')}&RelayState=x&SigAlg=rsa&Signature=a%2Bb`,
  ),
  form(
    'WS-Federation',
    '/wsfed',
    'wa=wsignin1.0&wresult=%3Ct%3ARequestSecurityTokenResponse%3E%0D%0A%3C%2Ft%3A...%3E&wctx=rm%3D0%26id%3Dpassive',
  ),
  get('CAS', '/cas/login?service=https%3A%2F%2Fapp.example.com%2F%3Fa%3D1%26b%3D2&renew=true'),
  get('OpenID 2.0', '/openid?openid.mode=checkid_setup&openid.return_to=https%3A%2F%2Fapp.example.com%2F'),
  { name: 'Negotiate', target: '/kerberos', headers: ['Authorization: Negotiate YII='] },
  // The rest of OAuth.
  form('introspection', '/oauth2/introspect', 'token=abc&token_type_hint=access_token&client_id=rs'),
  form('revocation', '/oauth2/revoke', 'token=abc&token_type_hint=refresh_token&client_id=spa'),
  form('a device authorization', '/oauth2/device_authorization', 'client_id=tv&scope=openid+offline_access'),
  form(
    'a backchannel authentication',
    '/oauth2/bc-authorize',
    'scope=openid&login_hint=alice&binding_message=W4SCT',
  ),
  json('a client registration', '/oauth2/register', {
    client_name: 'App',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: ['https://app.example.com/cb'],
    token_endpoint_auth_method: 'none',
  }),
  json(
    'a change of a client registration',
    '/oauth2/register/x',
    { grant_types: ['authorization_code'] },
    'PUT',
  ),
  get('userinfo', '/userinfo', ['Authorization: Bearer abc']),
  form('userinfo by POST', '/userinfo', 'access_token=abc'),
  get(
    'a logout',
    '/logout?id_token_hint=e30.e30.x&post_logout_redirect_uri=https%3A%2F%2Fapp.example.com%2Fbye&state=xyz',
  ),
  form('a back-channel logout', '/backchannel_logout', 'logout_token=e30.e30.x'),
  get('a session check', '/check_session.html?origin=https%3A%2F%2Fapp.example.com'),
  get('keys', '/jwks.json?kid=a%2Fb'),
  get('an interaction below the authorization endpoint', '/oauth2/authorize/8Yb2XkUu0c'),
  form(
    'a login below the authorization endpoint',
    '/oauth2/authorize/8Yb2XkUu0c/login',
    'username=alice&password=x&code=123456',
  ),
  get('the way back below the authorization endpoint', '/oauth2/authorize/resume?flow=x'),
  get('the statistics of the token endpoint', '/oauth2/tokens?type=authorization_code'),
  get('the page of a token', '/oauth2/token-info?access_token=x'),
  // Being a client of another identity provider.
  get(
    'the callback of a federated login',
    '/login/callback?code=4%2F0AX4XfWh&state=xyz&scope=openid%20email&authuser=0&prompt=none',
  ),
  form(
    'the callback of a federated login by form_post',
    '/broker/apple/endpoint',
    'code=c1.0.x&state=xyz&id_token=e30.e30.x&user=%7B%22name%22%3A%7B%7D%7D',
  ),
  get(
    'a callback with an error',
    '/login/callback?error=access_denied&error_description=no%20thanks&state=xyz',
  ),
  get(
    'the callback with a code that looks like ours',
    '/login/callback?code=pkg_0123456789&state=pge0123456789012345678901234567.x',
  ),
  // APIs and uploads.
  json('a text about the grant', '/api/notes', {
    text: 'Our clients use authorization_code, and the grant_type of machines is client_credentials.',
  }),
  json(
    'the settings of a client',
    '/api/clients/1',
    { allowed_grant_types: ['authorization_code'], default_grant_type_hint: 'authorization_code' },
    'PATCH',
  ),
  json('a filter', '/graphql', {
    query: 'query { clients(where: {grantTypes: [AUTHORIZATION_CODE]}) { id } }',
  }),
  get('a search for the word', '/admin/search?q=authorization_code&in=grant_types'),
  {
    name: 'gzip in JSON',
    method: 'POST',
    target: '/api/events',
    headers: [JSON_TYPE, 'Content-Encoding: gzip'],
    body: gzipSync('{"a":1}').toString('latin1'),
  },
  {
    name: 'declared as gzip, but not',
    method: 'POST',
    target: '/api/events',
    headers: [JSON_TYPE, 'Content-Encoding: gzip'],
    body: '{"a":1}',
  },
  {
    name: 'gzip of much',
    method: 'POST',
    target: '/api/events',
    headers: [JSON_TYPE, 'Content-Encoding: gzip'],
    body: gzipSync(JSON.stringify(Array.from({ length: 40_000 }, (_, i) => ({ i, square: i * i })))).toString(
      'latin1',
    ),
  },
  {
    name: 'an unknown coding',
    method: 'POST',
    target: '/api/push',
    headers: ['Content-Encoding: aes128gcm'],
    body: '\x00\x01\xff',
  },
  {
    name: 'an upload',
    method: 'POST',
    target: '/avatar',
    headers: ['Content-Type: multipart/form-data; boundary=b'],
    body: `${PART}file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x00\xff\r\n--b--\r\n`,
  },
  {
    name: 'a picture',
    method: 'PUT',
    target: '/avatar',
    headers: ['Content-Type: image/png'],
    body: '\x89PNG\r\n\x1a\n\x00\xff',
  },
  {
    name: 'an upload of 200,000 octets',
    method: 'POST',
    target: '/import',
    headers: ['Content-Type: application/octet-stream'],
    body: '\x00\x01\xfe\xff'.repeat(50_000),
  },
  {
    name: 'a body in chunks',
    method: 'POST',
    target: '/api/stream',
    headers: ['Content-Type: text/plain', 'Transfer-Encoding: chunked'],
    body: '5\r\nhello\r\n0\r\n\r\n',
  },
  {
    name: 'DELETE with a body',
    method: 'DELETE',
    target: '/api/sessions',
    headers: [JSON_TYPE],
    body: '{"all":true}',
  },
  { name: 'PROPFIND', method: 'PROPFIND', target: '/dav/' },
  get('an escaped path', '/users/J%C3%BCrgen%2FM%c3%bcller/%7Eme'),
  get('dots in a path', '/a/./b/../c'),
  get('an empty segment', '/static//logo.png'),
  get('path parameters', '/app;jsessionid=0A1B/page;v=2'),
  get('a query that is odd', '/search?&&a=1&a=2&b[]=3&c.d=4&=5&%zz&x;y'),
  get('an empty query', '/search?'),
  // What the server says.
  redirect('a code inside the server', '/continue?code=abc&state=xyz'),
  redirect('an error inside the server', '/login?error=bad_password&state=xyz'),
  redirect(
    'to another identity provider',
    'https://other-idp.example/authorize?client_id=broker&state=xyz&response_type=code&scope=openid&redirect_uri=https%3A%2F%2Flogin.example.com%2Flogin%2Fcallback&code_challenge=x',
  ),
  redirect('a logout with a state', 'https://app.example.com/bye?state=xyz'),
  redirect('a fragment', '/app#/route?code=1&state=2'),
  redirect('what is no URL', 'https://[nowhere/?code=x'),
  redirect('a relative one', '../continue?x=1', 303),
  redirect('a permanent one', '/new-place', 301),
  page(
    'a TOTP form',
    '<form method=post action=/mfa/totp><input name=code autocomplete=one-time-code><input type=hidden name=csrf value=x></form>',
  ),
  page(
    'a TOTP form with an error',
    '<form method=post><p>Wrong code</p><input name="code" value="123456"><input name=error type=hidden value=""></form>',
  ),
  page(
    'a consent form',
    '<form method=post action=/consent><input type=hidden name=response value=allow><input type=hidden name=state value=xyz></form>',
  ),
  page(
    'two forms',
    '<form method=post><input name=code></form><form method=post action=/resend><input type=hidden name=error value=1></form>',
  ),
  page('in unicode', '<p>Grüße 李</p><form method=post><input name=code placeholder="Код"></form>'),
];
