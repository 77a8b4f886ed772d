import { type Fields, type Loot, post, type RedemptionAttack, theft } from './attack.ts';
import type { MessageAttack } from './messages.ts';

type Duplicates = NonNullable<RedemptionAttack['laxity']>['duplicates'];

/** A form with these fields instead of, or in addition to, those of a plain theft. */
const form = (
  name: string,
  expected: RedemptionAttack['expected'],
  fields: (loot: Loot) => Fields,
  rest: Partial<MessageAttack> = {},
): MessageAttack => ({
  name,
  expected,
  write: (target, loot) => post(target, loot, theft(loot.code, fields(loot))),
  ...rest,
});

const repeated = (name: string, duplicates: Duplicates, body: (code: string) => string): MessageAttack => ({
  name: `${name}, ${duplicates} counts`,
  expected: 'parameter_repeated',
  laxity: { duplicates: duplicates ?? 'last' },
  write: (target, loot) => post(target, loot, body(loot.code)),
});

const written = (
  name: string,
  expected: RedemptionAttack['expected'],
  body: (code: string) => string,
  rest: Partial<MessageAttack> = {},
): MessageAttack => ({
  name,
  expected,
  write: (target, loot) => post(target, loot, body(loot.code)),
  ...rest,
});

/** Names that some server reads as `code` or `grant_type`. */
const NAMES: readonly (readonly [like: 'code' | 'grant_type', name: string])[] = [
  ['code', 'code[]'],
  ['code', 'code%5B%5D'],
  ['code', 'code[0]'],
  ['code', 'code[x]'],
  ['code', '[code]'],
  ['code', '[code'],
  ['code', 'CODE'],
  ['code', 'Code'],
  ['code', '+code'],
  ['code', '%20code'],
  ['code', 'code+'],
  ['code', 'code%09'],
  ['code', 'code%0a'],
  ['code', 'code%00x'],
  ['code', 'code%00'],
  ['code', `code%00${'x'.repeat(60)}`],
  ['code', `${'+'.repeat(60)}code`],
  ['code', `code${'+'.repeat(60)}`],
  ['grant_type', 'grant.type'],
  ['grant_type', 'grant+type'],
  ['grant_type', 'grant%20type'],
  ['grant_type', 'grant[type'],
  ['grant_type', 'grant_type[]'],
  ['grant_type', 'grant_type[0]'],
  ['grant_type', '[grant_type]'],
  ['grant_type', 'GRANT_TYPE'],
  ['grant_type', 'Grant_Type'],
  ['grant_type', 'grant_type+'],
  ['grant_type', '%09grant_type'],
  ['grant_type', 'grant_type%00x'],
  ['grant_type', 'grant%5ftype%00'],
];

/** Values that some server reads as `authorization_code`. */
const GRANTS: readonly string[] = [
  'AUTHORIZATION_CODE',
  'Authorization_Code',
  'authorization_code+',
  '+authorization_code',
  'authorization_code%20',
  'authorization_code%09',
  'authorization_code%0d%0a',
  '%0aauthorization_code',
  'authorization_code%00',
  'authorization_code%00x',
];

const CODES: readonly (readonly [name: string, value: (code: string) => string])[] = [
  ['a NUL behind the code', (code) => `${code}%00`],
  ['a NUL and more behind the code', (code) => `${code}%00x`],
  ['a space behind the code', (code) => `${code}+`],
  ['a space before the code', (code) => `%20${code}`],
  ['a line end behind the code', (code) => `${code}%0d%0a`],
  ['a tab before the code', (code) => `%09${code}`],
];

const VERIFIERS: readonly (readonly [
  name: string,
  expected: RedemptionAttack['expected'],
  verifier: string | undefined,
])[] = [
  ['no verifier', 'verifier_missing', undefined],
  ['an empty verifier', 'verifier_missing', ''],
  ['a verifier of NUL', 'parameter_malformed', '%00'],
  ['another verifier', 'verifier_mismatch', 'w'.repeat(43)],
  ['a short verifier', 'verifier_malformed', 'w'.repeat(42)],
  ['a verifier of one character', 'verifier_malformed', 'w'],
  ['a long verifier', 'verifier_malformed', 'w'.repeat(129)],
  ['a verifier with other characters', 'verifier_malformed', `${'w'.repeat(43)}%2b`],
  ['a verifier with a space', 'parameter_malformed', `${'w'.repeat(43)}+`],
  ['a verifier of null', 'verifier_malformed', 'null'],
];

/** It follows a client_id that equals a listed one after folding. */
const BEHIND_CLIENT_ID: Partial<MessageAttack> = {
  amongLax: 'client_id_ambiguous',
  elsewhere: { expected: 'path_ambiguous', amongLax: 'path_ambiguous' },
};

export const PARAMETER_ATTACKS: readonly MessageAttack[] = [
  ...VERIFIERS.map(([name, expected, verifier]) => form(name, expected, () => ({ code_verifier: verifier }))),
  ...NAMES.map(([like, name]) =>
    form(`${like} named ${name}`, 'parameter_malformed', ({ code }) => ({
      [like]: undefined,
      [name]: like === 'code' ? code : 'authorization_code',
    })),
  ),
  ...GRANTS.map((grant) => form(`the grant ${grant}`, 'parameter_malformed', () => ({ grant_type: grant }))),
  ...CODES.map(([name, value]) => form(name, 'parameter_malformed', ({ code }) => ({ code: value(code) }))),
  form('names and values in percent-encoding', 'verifier_missing', ({ code }) => ({
    grant_type: undefined,
    code: undefined,
    '%67rant%5Ftype': 'authorization%5fcode',
    'c%6fde': code,
  })),
  form('no grant', 'parameter_malformed', () => ({ grant_type: undefined }), { onlyAtEndpoint: true }),
  form('an empty grant', 'parameter_malformed', () => ({ grant_type: '' }), { onlyAtEndpoint: true }),
  form('no client_id', 'verifier_missing', () => ({ client_id: undefined })),
  form('its own client_id', 'verifier_missing', () => ({ client_id: 'spa' })),
  form('an unlisted client_id', 'verifier_missing', () => ({ client_id: 'stranger' })),
  form('another redirect_uri', 'verifier_missing', () => ({ redirect_uri: 'https://evil.example/cb' })),
  repeated('a second code', 'last', (code) => `${theft('wrong')}&code=${code}`),
  repeated('a second code', 'first', (code) => `${theft(code)}&code=wrong`),
  repeated('a second code', 'joined', (code) => `${theft(code)}&code=wrong`),
  repeated('a second grant', 'last', (code) => `grant_type=refresh_token&${theft(code)}`),
  repeated('a second grant', 'first', (code) => `${theft(code)}&grant_type=refresh_token`),
  repeated('a second grant', 'joined', (code) => `${theft(code)}&grant_type=refresh_token`),
  repeated('a second client_id', 'last', (code) => `client_id=spa&${theft(code)}`),
  repeated('a second client_id', 'first', (code) => `${theft(code)}&client_id=spa`),
  repeated('two verifiers', 'last', (code) => `${theft(code)}&code_verifier=a&code_verifier=b`),
  repeated('two scopes', 'joined', (code) => `${theft(code)}&scope=a&scope=b`),
  written(
    'a line end behind the body',
    'parameter_malformed',
    (code) => `${theft(code)}\r\n`,
    BEHIND_CLIENT_ID,
  ),
  written('a line end before the body', 'parameter_malformed', (code) => `\r\n${theft(code)}`),
  written('a NUL behind the body', 'parameter_malformed', (code) => `${theft(code)}\0`, BEHIND_CLIENT_ID),
  written('semicolons', 'parameter_malformed', (code) => theft(code).replaceAll('&', ';'), {
    expected: 'defused',
    onlyAtEndpoint: true,
  }),
  written(
    'a semicolon before the code',
    'code_missing',
    (code) => `grant_type=authorization_code&x=1;code=${code}`,
  ),
  written(
    'a semicolon before the grant',
    'parameter_malformed',
    (code) => `code=${code}&x=1;grant_type=authorization_code`,
  ),
  written('a semicolon behind another code', 'code_unknown', (code) => `${theft('wrong')};code=${code}`),
  written('a semicolon behind the code', 'code_unknown', (code) => theft(code).replace(code, `${code};`)),
  written('empty pairs', 'verifier_missing', (code) => `&&${theft(code)}&&=&`),
  written(
    'another parameter with broken percent-encoding',
    'parameter_malformed',
    (code) => `x=%zz&${theft(code)}`,
  ),
  written(
    'another parameter with a lone percent sign',
    'parameter_malformed',
    (code) => `${theft(code)}&x=%`,
  ),
  written(
    'another parameter that is not UTF-8',
    'parameter_malformed',
    (code) => `x=\xff\xfe&${theft(code)}`,
  ),
  written(
    '%u escapes in the grant',
    'parameter_malformed',
    (code) => `grant_type=%u0061uthorization_code&code=${code}`,
  ),
  written(
    '%u escapes in a name',
    'parameter_malformed',
    (code) => `grant_type=authorization_code&%u0063ode=${code}`,
  ),
];
