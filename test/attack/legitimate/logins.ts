/** An authorization request as some client sends it: its unencoded parameters, in addition to the usual ones. */
export type LoginRequest = {
  readonly name: string;
  /** Not encoded, after the usual ones. `undefined` removes a usual one. */
  readonly parameters: Readonly<Record<string, string | undefined>>;
  /** The whole query as text. */
  readonly more?: string;
};

/** Registered for the client `spa`. */
export const REDIRECT_URIS = {
  usual: 'https://app.example.com/cb',
  query: 'https://app.example.com/cb?tenant=a%2Fb&x=',
  port: 'https://app.example.com:8443/cb',
  escaped: 'https://app.example.com/%7Eme/call%20back',
  root: 'https://app.example.com/',
  none: 'https://app.example.com',
  scheme: 'com.example.app:/cb',
  authority: 'com.example.app://oauth/cb',
  loopback: 'http://127.0.0.1/cb',
  ipv6: 'http://[::1]/cb',
  punycode: 'https://xn--bcher-kva.example/cb',
  localhost: 'http://localhost:3000/cb',
} as const;

const redirect = (name: string, uri: string): LoginRequest => ({
  name: `a redirect URI ${name}`,
  parameters: { redirect_uri: encodeURIComponent(uri) },
});

const CLAIMS = encodeURIComponent(JSON.stringify({ id_token: { acr: { essential: true } } }, undefined, 2));

export const LOGIN_REQUESTS: readonly LoginRequest[] = [
  { name: 'the usual', parameters: {} },
  { name: 'pretty-printed claims', parameters: { claims: CLAIMS } },
  {
    name: 'claims with CRLF and tabs',
    parameters: { claims: '%7B%0D%0A%09%22userinfo%22%3A%20%7B%7D%0D%0A%7D' },
  },
  {
    name: 'resources',
    parameters: {},
    more: '&resource=https%3A%2F%2Fa.example%2F&resource=https%3A%2F%2Fb.example%2F',
  },
  { name: 'audiences', parameters: {}, more: '&audience=a&audience=b' },
  {
    name: 'a long scope',
    parameters: { scope: Array.from({ length: 300 }, (_, i) => `scope.${i}:read`).join('+') },
  },
  { name: 'a scope with %20', parameters: { scope: 'openid%20profile' } },
  { name: 'a scope of URLs', parameters: { scope: 'https://api.example.com/.default+openid' } },
  {
    name: 'empty optional parameters',
    parameters: { login_hint: '', prompt: '', nonce: '', ui_locales: '', acr_values: '', display: '' },
  },
  { name: 'lower-case escapes', parameters: { redirect_uri: 'https%3a%2f%2fapp.example.com%2fcb' } },
  { name: 'no escapes at all', parameters: { redirect_uri: 'https://app.example.com/cb' } },
  { name: 'a login hint in unicode', parameters: { login_hint: 'J%C3%BCrgen%20%E6%9D%8E' } },
  { name: 'a state in base64', parameters: { state: 'eyJhIjoxfQ%3D%3D%2B%2F' } },
  { name: 'a state in JSON', parameters: { state: '%7B%22a%22%3A%22b%20c%22%7D' } },
  { name: 'a state of a URL', parameters: { state: 'https://app.example.com/a?b=c%26d' } },
  { name: 'a state in unicode', parameters: { state: '%F0%9F%94%91+%C3%BC' } },
  { name: 'a state of 2,000 characters', parameters: { state: 'x'.repeat(2_000) } },
  { name: 'a state with a semicolon', parameters: { state: 'a;b' } },
  { name: 'an empty state', parameters: { state: '' } },
  { name: 'no state', parameters: { state: undefined } },
  { name: 'a state that looks like a prefix', parameters: { state: `pge${'A'.repeat(28)}.x` } },
  { name: 'no redirect URI', parameters: { redirect_uri: undefined } },
  redirect('with a query', REDIRECT_URIS.query),
  redirect('with a port', REDIRECT_URIS.port),
  redirect('with escapes', REDIRECT_URIS.escaped),
  redirect('of a root', REDIRECT_URIS.root),
  redirect('without a path', REDIRECT_URIS.none),
  redirect('of an app', REDIRECT_URIS.scheme),
  redirect('of an app with an authority', REDIRECT_URIS.authority),
  redirect('of loopback', 'http://127.0.0.1:51004/cb'),
  redirect('of loopback by IPv6', 'http://[::1]:51004/cb'),
  redirect('of an international domain', REDIRECT_URIS.punycode),
  redirect('of localhost', REDIRECT_URIS.localhost),
  { name: 'the query mode', parameters: { response_mode: 'query' } },
  {
    name: 'prompts and ages',
    parameters: { prompt: 'login%20consent', max_age: '0', acr_values: 'urn:a%20urn:b' },
  },
  { name: 'an id_token_hint', parameters: { id_token_hint: 'e30.e30.c2ln' } },
  { name: 'a DPoP key', parameters: { dpop_jkt: 'A'.repeat(43) } },
  {
    name: 'authorization details',
    parameters: {
      authorization_details: '%5B%7B%22type%22%3A%22payment%22%2C%0A%22amount%22%3A%221%22%7D%5D',
    },
  },
  {
    name: 'parameters of the server’s own',
    parameters: { kc_idp_hint: 'google', 'custom.flag': '1', 'extra[a]': 'b', X: 'y' },
  },
  { name: 'a parameter without a value', parameters: {}, more: '&flag' },
  { name: 'empty pairs', parameters: {}, more: '&&x=1&' },
  { name: 'a question mark in the query', parameters: { next: 'https://app.example.com/?a' } },
];
