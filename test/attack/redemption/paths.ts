import { rawRequest } from '../../support/raw-http.ts';
import { post, type RedemptionAttack, theft } from './attack.ts';

/** Ways to write the path of the token endpoint, for some server or other. */
const SPELLINGS: readonly string[] = [
  '//oauth2/token',
  '///oauth2///token',
  '/oauth2//token',
  '/oauth2/token/',
  '/oauth2/token//',
  '/oauth2/token/.',
  '/oauth2/token/./',
  '/oauth2/./token',
  '/./oauth2/token',
  '/x/../oauth2/token',
  '/../oauth2/token',
  '/oauth2/x/../token',
  '/oauth2/token/x/..',
  '/oauth2/token/foo',
  '/oauth2/token/foo/bar',
  '/oauth2/token.',
  '/oauth2/token..',
  '/oauth2./token',
  '/oauth2/token.json',
  '/oauth2/token%20',
  '/oauth2/%20token',
  '/oauth2/token%09',
  '/oauth2/token%0a',
  '/oauth2/%74oken',
  '/oauth2/%54OKEN',
  '/%6fauth2/token',
  '/oauth2%2ftoken',
  '/oauth2%2Ftoken',
  '/%2foauth2/token',
  '/oauth2/%2574oken',
  '/oauth2/%252574oken',
  '/oauth2%252ftoken',
  '/oauth2/%u0074oken',
  '/oauth2%5ctoken',
  '/oauth2%255ctoken',
  '/%5coauth2/token',
  '/oauth2/token%00',
  '/oauth2/token%00.css',
  '/oauth2/token%2500',
  '/oauth2/token%3f',
  '/oauth2/token%3fx',
  '/oauth2/token%23x',
  '/oauth2/token;',
  '/oauth2/token;v=1',
  '/oauth2/token;jsessionid=1/x',
  '/oauth2/token%3bv=1',
  '/oauth2;a=b/token',
  '/;a/oauth2/token',
  '/..;/oauth2/token',
  '/x/..;/oauth2/token',
  '/OAUTH2/TOKEN',
  '/OAuth2/Token',
  '/oauth2/tokeN',
  '/%2e/oauth2/token',
  '/x/%2e%2e/oauth2/token',
  '/x/..%2foauth2/token',
  '/x%2f..%2foauth2/token',
  '/oauth2/%2e/token',
  '/oauth2/token/%2e',
  '/oauth2/token/%2e%2e/token',
  '/index.psgi/oauth2/token',
  '/index.php/oauth2/token',
  '/index.psgi/oauth2/token/',
  '/cgi-bin/idp.fcgi/oauth2/token',
  '/default.aspx/OAuth2/Token',
];

/** Targets that are read in one way only: as nothing, or as the endpoint itself. */
const TARGETS: readonly (readonly [target: string, expected: RedemptionAttack['expected']])[] = [
  ['/oauth2\\token', 'unreadable'],
  ['/x\\..\\oauth2\\token', 'unreadable'],
  ['/oauth2/token#x', 'unreadable'],
  ['/oauth2/token\x0b', 'unreadable'],
  ['http://evil.example/oauth2/token', 'unreadable'],
  ['https://evil.example/oauth2/token', 'unreadable'],
  ['http://user@{host}/oauth2/token', 'unreadable'],
  ['http://{host}.evil.example/oauth2/token', 'unreadable'],
  ['ftp://{host}/oauth2/token', 'unreadable'],
  ['http://{host}/oauth2//token', 'path_ambiguous'],
  ['http://{host}//oauth2/token', 'path_ambiguous'],
  ['http://{host}/oauth2/%74oken', 'path_ambiguous'],
];

const WAYS: readonly (readonly [name: string, write: (target: string) => RedemptionAttack['write']])[] = [
  ['a form posted to', (target) => (loot) => post(withHost(target, loot.host), loot, theft(loot.code))],
  [
    'a query of',
    (target) => (loot) =>
      rawRequest(`GET ${withHost(target, loot.host)}?${theft(loot.code)} HTTP/1.1`, [], '', loot.host),
  ],
];

export const PATH_ATTACKS: readonly RedemptionAttack[] = WAYS.flatMap(([way, write]) => [
  ...SPELLINGS.map((path) => attack(way, path, 'path_ambiguous', write(path))),
  ...TARGETS.map(([target, expected]) => attack(way, target, expected, write(target))),
  attack(
    way,
    'http://{host}/oauth2/token',
    way === 'a query of' ? 'http_method_not_allowed' : 'verifier_missing',
    write('http://{host}/oauth2/token'),
  ),
]);

function attack(
  way: string,
  target: string,
  expected: RedemptionAttack['expected'],
  write: RedemptionAttack['write'],
): RedemptionAttack {
  return { name: `${way} ${JSON.stringify(target).slice(1, -1)}`, expected, write };
}

function withHost(target: string, host: string): string {
  return target.replace('{host}', host);
}
