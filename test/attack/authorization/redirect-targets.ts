import {
  AUTHORIZE,
  type AuthorizationAttack,
  challengeOf,
  get,
  post,
  query,
  refused,
  withheld,
} from './attack.ts';

/** Redirect URIs that resemble `https://app.example.com/cb`, each with its trick. */
const CONFUSIONS: readonly (readonly [what: string, redirectUri: string])[] = [
  ['another host', 'https://evil.example/cb'],
  ['a suffix of the host', 'https://app.example.com.evil.example/cb'],
  ['a subdomain', 'https://evil.app.example.com/cb'],
  ['a prefix of the host', 'https://evilapp.example.com/cb'],
  ['the parent domain', 'https://example.com/cb'],
  ['userinfo', 'https://app.example.com@evil.example/cb'],
  ['userinfo with a password', 'https://app.example.com:443@evil.example/cb'],
  ['encoded userinfo', 'https://app.example.com%40evil.example/cb'],
  ['userinfo of its own', 'https://evil@app.example.com/cb'],
  ['a backslash before userinfo', 'https://evil.example\\@app.example.com/cb'],
  ['an encoded backslash before userinfo', 'https://evil.example%5C@app.example.com/cb'],
  ['a backslash in the host', 'https://app.example.com\\.evil.example/cb'],
  ['a fragment before userinfo', 'https://evil.example#@app.example.com/cb'],
  ['a query before userinfo', 'https://evil.example?@app.example.com/cb'],
  ['a semicolon in the host', 'https://app.example.com;evil.example/cb'],
  ['a trailing dot', 'https://app.example.com./cb'],
  ['capitals in the host', 'https://APP.example.com/cb'],
  ['capitals in the scheme', 'HTTPS://app.example.com/cb'],
  ['an ideographic full stop', 'https://app。example。com/cb'],
  ['an ideographic full stop behind the host', 'https://app.example.com。evil.example/cb'],
  ['a full-width full stop', 'https://app.example.com．evil.example/cb'],
  ['a letter of another alphabet', 'https://аpp.example.com/cb'],
  ['a soft hyphen in the host', 'https://app.exam\u00adple.com/cb'],
  ['an encoded host', 'https://app.example%2ecom/cb'],
  ['another scheme', 'http://app.example.com/cb'],
  ['a private scheme', 'com.example.app:/cb'],
  ['javascript', 'javascript:alert(1)//app.example.com/cb'],
  ['data', 'data:text/html,https://app.example.com/cb'],
  ['another port', 'https://app.example.com:8443/cb'],
  ['the usual port', 'https://app.example.com:443/cb'],
  ['an empty port', 'https://app.example.com:/cb'],
  ['loopback', 'http://127.0.0.1/cb'],
  ['localhost', 'http://localhost/cb'],
  ['another path', 'https://app.example.com/evil'],
  ['a longer path', 'https://app.example.com/cb/evil'],
  ['a longer name', 'https://app.example.com/cbevil'],
  ['no path', 'https://app.example.com'],
  ['a trailing slash', 'https://app.example.com/cb/'],
  ['capitals in the path', 'https://app.example.com/CB'],
  ['path parameters', 'https://app.example.com/cb;x'],
  ['path traversal', 'https://app.example.com/cb/../evil'],
  ['path traversal back to itself', 'https://app.example.com/evil/../cb'],
  ['encoded path traversal', 'https://app.example.com/cb/%2e%2e/evil'],
  ['encoded slashes', 'https://app.example.com/cb%2f..%2fevil'],
  ['doubly encoded path traversal', 'https://app.example.com/cb/%252e%252e/evil'],
  ['backslash traversal', 'https://app.example.com/cb\\..\\evil'],
  ['traversal with a semicolon', 'https://app.example.com/cb/..;/evil'],
  ['an empty segment', 'https://app.example.com//cb'],
  ['a network path inside', 'https://app.example.com//evil.example/cb'],
  ['an encoded character', 'https://app.example.com/%63b'],
  ['a query', 'https://app.example.com/cb?next=https://evil.example'],
  ['a query with a code', 'https://app.example.com/cb?code=attackers'],
  ['an empty query', 'https://app.example.com/cb?'],
  ['a fragment', 'https://app.example.com/cb#evil'],
  ['an empty fragment', 'https://app.example.com/cb#'],
  ['a fragment that catches the code', 'https://app.example.com/cb#?'],
  ['an encoded fragment', 'https://app.example.com/cb%23evil'],
  ['an open redirect of the same host', 'https://app.example.com/open?to=https://evil.example'],
  ['an open redirect by path traversal', 'https://app.example.com/cb/../open?to=https://evil.example'],
  ['no scheme', '//app.example.com/cb'],
  ['no host', '/cb'],
  ['one slash', 'https:/app.example.com/cb'],
  ['no slash', 'https:app.example.com/cb'],
  ['three slashes', 'https:///app.example.com/cb'],
  ['a backslash for a slash', 'https:/\\app.example.com/cb'],
  ['double encoding', 'https%3A%2F%2Fapp.example.com%2Fcb'],
  ['a wildcard', '*'],
  ['null', 'null'],
  ['two in one, by a comma', 'https://app.example.com/cb,https://evil.example/cb'],
  ['two in one, by a space', 'https://app.example.com/cb https://evil.example/cb'],
];

/** Written so that only some servers read the same as the gateway. */
const MALFORMED: readonly (readonly [what: string, parameter: string])[] = [
  ['a leading space', 'redirect_uri=%20https://app.example.com/cb'],
  ['a trailing space', 'redirect_uri=https://app.example.com/cb+'],
  ['a line end', 'redirect_uri=https://app.example.com/cb%0d%0a.evil.example'],
  ['a tab inside', 'redirect_uri=https://app.exa%09mple.com/cb'],
  ['a NUL', 'redirect_uri=https://evil.example/cb%00https://app.example.com/cb'],
  ['brackets', 'redirect_uri[]=https://evil.example/cb'],
  ['capitals', 'Redirect_Uri=https://evil.example/cb'],
  [
    'a name in brackets in addition to the right one',
    'redirect_uri=https://app.example.com/cb&redirect_uri[]=https://evil.example/cb',
  ],
  [
    'a name in capitals in addition to the right one',
    'redirect_uri=https://app.example.com/cb&REDIRECT_URI=https://evil.example/cb',
  ],
  [
    'a name with a dot in addition to the right one',
    'redirect_uri=https://app.example.com/cb&redirect.uri=https://evil.example/cb',
  ],
];

/** Targets of the server's response although the right one was requested. */
const ASTRAY: readonly string[] = [
  'https://evil.example/cb',
  'https://app.example.com@evil.example/cb',
  'https://app.example.com.evil.example/cb',
  'https://app.example.com:8443/cb',
  'https://app.example.com/cb/../open',
  'https://app.example.com\\@evil.example/cb',
  '//evil.example/cb',
  'com.example.app:/cb',
];

function attack(
  name: string,
  expected: AuthorizationAttack['expected'],
  parameter: string,
  rest: Partial<AuthorizationAttack> = {},
): AuthorizationAttack[] {
  const asked = (scene: Parameters<AuthorizationAttack['act']>[0]) =>
    `${query({ redirect_uri: undefined, ...challengeOf(scene) })}&${parameter}`;
  return [
    {
      name: `${name}, by GET`,
      expected,
      verifier: 'own',
      act: (scene) => get(scene, `${AUTHORIZE}?${asked(scene)}`),
      ...rest,
    },
    {
      name: `${name}, by POST`,
      expected,
      verifier: 'own',
      act: (scene) => post(scene, AUTHORIZE, asked(scene)),
      ...rest,
    },
  ];
}

export const REDIRECT_TARGETS: readonly AuthorizationAttack[] = [
  // It counts as none: the server answers to the registered redirect_uri, and the code belongs to the flow.
  ...attack('redirect_uri with an empty one', 'defused', 'redirect_uri=', { verifier: 'none' }),
  ...CONFUSIONS.flatMap(([what, redirectUri]) =>
    attack(
      `redirect confusion: ${what}`,
      refused('redirect_uri_not_allowed'),
      `redirect_uri=${encodeURIComponent(redirectUri)}`,
    ),
  ),
  ...MALFORMED.flatMap(([what, parameter]) =>
    attack(`redirect_uri with ${what}`, refused('parameter_malformed'), parameter),
  ),
  ...ASTRAY.flatMap((redirectTo) =>
    attack(
      `a server that answers to ${redirectTo}`,
      withheld('redirect_target_mismatch'),
      `redirect_uri=${encodeURIComponent('https://app.example.com/cb')}`,
      { laxity: { redirectTo } },
    ),
  ),
];
