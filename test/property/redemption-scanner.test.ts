import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RedemptionScanner } from '../../src/oauth/redemption-scanner.ts';
import { FORM_PARSERS } from '../support/foreign-parsers.ts';

const scrap = fc.constantFrom(
  ...[
    'grant_type',
    'gr%61nt_type',
    'Grant.Type',
    'gr\\u0061nt_type',
    'grant_types',
    '"grant_type"',
    'grant_',
  ],
  ...[
    'authorization_code',
    'authorization%5fcode',
    'AUTHORIZATION_CODE',
    'authorization_',
    'code',
    'password',
  ],
  ...[
    '=',
    ':',
    '%3D',
    ' ',
    '\t',
    '\r\n',
    '\n',
    '\n\n',
    '\r\n\r\n',
    '"',
    "'",
    '[',
    ']',
    '&',
    ';',
    '+',
    '\0',
    '%00',
  ],
  ...['%', '%6', '\\', '\\u', '\\u00', 'x', '; a="b"', 'Content-Type: text/plain; charset=utf-8', '%2574ype'],
  ...[
    '%u0074ype',
    '%u',
    '+AF8-',
    '+',
    'grant+AF8-type',
    '=5F',
    '=\r\n',
    'Content-Transfer-Encoding: quoted-printable\r\n',
  ],
  ...['Content-Transfer-Encoding: base64\r\n', 'name="', 'g\0r\0a\0n\0t\0_\0t\0y\0p\0e\0'],
  ...[' '.repeat(3_000), '\r\n'.repeat(2_000), 'x'.repeat(3_000), 'x'.repeat(190)],
);
const text = fc.array(scrap, { maxLength: 14 }).map((scraps) => scraps.join(''));
/** Texts that come close to a redemption, or are one. */
const close = fc
  .tuple(
    fc.constantFrom('', 'x=1&', '{"a":1,', '--b\r\nContent-Disposition: form-data; name='),
    fc.constantFrom('grant_type', '"grant_type"', 'gr%61nt_type', '"gr\\u0061nt_type"', 'grant_types'),
    text,
    fc.constantFrom('=', ': ', '\r\n\r\n', '\r\nContent-Type: text/plain\r\n\r\n'),
    fc.constantFrom('authorization_code', '"authorization_code"', 'authorization%5Fcode', 'password'),
  )
  .map((parts) => parts.join(''));

function findsIn(pieces: readonly string[]): boolean {
  const scanner = new RedemptionScanner();
  return pieces.map((piece) => scanner.finds(piece)).includes(true);
}

test('how a text is cut makes no difference', () => {
  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { maxLength: 6 });
  fc.assert(
    fc.property(fc.oneof(text, close), cuts, (text, cuts) => {
      const places = [0, ...cuts.map((cut) => Math.floor(cut * text.length)), text.length].sort(
        (a, b) => a - b,
      );
      const pieces = places.slice(1).map((place, i) => text.slice(places[i], place));
      expect(findsIn(pieces)).toBe(findsIn([text]));
    }),
    { numRuns: 2_000 },
  );
});

test('one octet at a time makes no difference either', () => {
  const short = fc.oneof(text, close).filter((text) => text.length < 400);
  fc.assert(
    fc.property(short, (text) => findsIn([...text]) === findsIn([text])),
    { numRuns: 500 },
  );
});

/** Every character as it is, percent-encoded, or in the other case. */
const disguised = (plain: string, ways = ['as it is', 'percent', 'case']) =>
  fc.tuple(...[...plain].map(() => fc.constantFrom(...ways))).map((ways) =>
    [...plain]
      .map((character, i) => {
        const hex = character.charCodeAt(0).toString(16);
        return ways[i] === 'percent' ? `%${hex}` : ways[i] === 'case' ? character.toUpperCase() : character;
      })
      .join(''),
  );

test('no disguise hides a redemption', () => {
  const noise = fc.string({ maxLength: 20 });
  fc.assert(
    fc.property(noise, disguised('grant_type=authorization_code'), noise, (before, redemption, behind) =>
      findsIn([`${before}&${redemption}&${behind}`]),
    ),
  );
});

test('nor any form of JSON', () => {
  const escaped = disguised('authorization_code').map((text) => text.replace(/%/g, '\\u00'));
  const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\r', '\n'), maxLength: 50 });
  fc.assert(
    fc.property(fc.json(), space, space, escaped, (other, before, behind, value) =>
      findsIn([`{"other":${other},"grant_type"${before}:${behind}"${value}"}`]),
    ),
  );
});

const CODINGS: Record<string, (text: string) => string> = {
  'as it is': (text) => text,
  'percent-encoded': (text) => text.replace(/[ratn_=]/g, (c) => `%${c.charCodeAt(0).toString(16)}`),
  'JSON escapes': (text) => text.replace(/[ratn_]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
  'JSON escapes in capitals': (text) =>
    text.replace(/[ratn_]/g, (c) => `\\U00${c.charCodeAt(0).toString(16).toUpperCase()}`),
  'percent-encoded as IIS does': (text) =>
    text.replace(/[ratn_]/g, (c) => `%U00${c.charCodeAt(0).toString(16)}`),
  'UTF-16': (text) => Buffer.from(text, 'utf16le').toString('latin1'),
  'UTF-7': (text) => text.replaceAll('_', '+AF8-'),
  'UTF-7, all of it': (text) =>
    `+${Buffer.from(text, 'utf16le').swap16().toString('base64').replace(/=+$/, '')}-`,
  'quoted-printable': (text) =>
    `Content-Transfer-Encoding: quoted-printable\r\n\r\n${text.replace('=', '=3D').replace('an', 'a=\r\nn').replace('_', '=5F')}`,
};

test.each(Object.entries(CODINGS))(
  'whatever plain text is around it, and wherever it is cut (%s)',
  (_, code) => {
    const redemption = code('grant_type=authorization_code');
    const plain = fc
      .tuple(
        fc.constantFrom('x', ' ', '\0', 'lorem ipsum\r\n', '='),
        fc.constantFrom(0, 1, 15, 16, 300, 4_095, 4_096, 9_000),
      )
      .map(([unit, times]) => unit.repeat(times));
    const pieces = fc
      .tuple(fc.array(plain, { maxLength: 4 }), fc.nat(redemption.length), fc.nat(redemption.length), plain)
      .map(([before, one, other, behind]) => {
        const [first, second] = [Math.min(one, other), Math.max(one, other)];
        return [
          ...before,
          redemption.slice(0, first),
          redemption.slice(first, second),
          redemption.slice(second) + behind,
        ];
      });
    fc.assert(
      fc.property(pieces, (pieces) => findsIn(pieces)),
      { numRuns: 200 },
    );
  },
);

const ESCAPED = ['as it is', 'percent'];

test.each(Object.entries(FORM_PARSERS))('what %s reads as a redemption is found', async (_, parse) => {
  const decoration = fc.constantFrom(
    '',
    '',
    '',
    '[',
    ']',
    '[]',
    '%5B',
    '%5D',
    '[0]',
    '[a]',
    '+',
    '%20',
    '?',
    '%00',
  );
  const form = fc
    .tuple(
      fc.constantFrom('', 'x=1&', '&&', '%=&'),
      decoration,
      disguised('grant_type', ESCAPED),
      decoration,
      fc.constantFrom('=', '=', '%3D'),
      disguised('authorization_code', ESCAPED),
      fc.constantFrom('', '&x=1', '&grant_type=password'),
    )
    .map((parts) => parts.join(''));
  let found = 0;
  await fc.assert(
    fc.asyncProperty(form, async (body) => {
      const values = (await parse(body)).get('grant_type') ?? [];
      if (!values.includes('authorization_code')) return;
      found += 1;
      expect(findsIn([body])).toBe(true);
    }),
    { numRuns: 400 },
  );
  expect(found).toBeGreaterThan(0);
});
