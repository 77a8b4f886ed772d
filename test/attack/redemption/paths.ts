import { rawRequest } from '../../support/raw-http.ts';
import { spellingsOf } from '../path-spellings.ts';
import { post, type RedemptionAttack, theft } from './attack.ts';

const { resembling, beyond } = spellingsOf('token');

/** Unambiguous targets: unroutable, or the endpoint itself. */
const TARGETS: readonly (readonly [target: string, expected: RedemptionAttack['expected']])[] = [
  ['/oauth2\\token', 'unreadable'],
  ['/x\\..\\oauth2\\token', 'unreadable'],
  ['/oauth2/token#x', 'unreadable'],
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
  ...[...resembling, ...beyond].map((path) => attack(way, path, 'path_ambiguous', write(path))),
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
