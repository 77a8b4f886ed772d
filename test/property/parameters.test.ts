import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VALUE_NEEDED } from '../../src/oauth/parameter-names.ts';
import { Parameters, parseParameters } from '../../src/oauth/parameters.ts';
import { FORM_PARSERS } from '../support/foreign-parsers.ts';

type Entry = [name: string, value: string];

const PROTOCOL = [
  'client_id',
  'code',
  'code_challenge',
  'code_verifier',
  'grant_type',
  'redirect_uri',
  'state',
];
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('', '&', '=', '+', '%', '%00', '%ZZ', '\u0000', ';', '[]', 'a b', 'é€😀', '\ufeff', '?x'),
);
const name = fc.oneof(text, fc.constantFrom(...PROTOCOL));
const entries = (names: fc.Arbitrary<string>) => fc.array(fc.tuple(names, text), { maxLength: 12 });
/** Bytes as code units below 256, as from a socket. */
const octets = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
/** Texts with many relevant pieces. */
const piece = fc.constantFrom(
  '&',
  '=',
  '+',
  '%',
  '%0',
  '%00',
  '%41',
  '%5B',
  '%E2%82%AC',
  '%FF',
  ';',
  '[',
  ']',
  '.',
  ' ',
  '\t',
  '\0',
  '\r\n',
  '\xe9',
  '\xc3\xa9',
  'Code',
  'x',
);
const formLike = fc
  .array(fc.oneof(piece, fc.constantFrom(...PROTOCOL)), { maxLength: 24 })
  .map((all) => all.join(''));
const anything = fc.oneof(octets, formLike);

function grouped(list: readonly (readonly [string, string])[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, value] of list) groups.set(name, [...(groups.get(name) ?? []), value]);
  return groups;
}

/** An empty value of a parameter that needs one counts as absent (RFC 6749 3.1). */
const hasValue = ([name, value]: readonly [string, string]) => value !== '' || !VALUE_NEEDED.has(name);

describe('serialised parameters are read', () => {
  test('by our own parser: every name and value, in order', () => {
    fc.assert(
      fc.property(entries(name), (list: Entry[]) => {
        const text = new Parameters(list).serialize();
        expect(text).toMatch(/^[A-Za-z0-9\-._~%&=]*$/);
        const { parameters, lossless } = parseParameters(text);
        expect(parameters.entries).toEqual(list.filter(hasValue));
        expect(lossless).toBe(true);
      }),
    );
  });

  // qs drops parameters without a name, and `__proto__`; its treatment of brackets is tested below.
  const plainName = name.filter((text) => text !== '' && text !== '__proto__' && !/[[\]]/.test(text));

  test.each(Object.entries(FORM_PARSERS))('by %s', async (_, parse) => {
    await fc.assert(
      fc.asyncProperty(entries(plainName), async (list) => {
        const reading = await parse(new Parameters(list).serialize());
        expect(reading).toEqual(grouped(list));
      }),
    );
  });
});

describe('judged parameters equal the reading of', () => {
  test.each(Object.entries(FORM_PARSERS))('%s', async (_, parse) => {
    const decorated = fc
      .tuple(
        fc.constantFrom('', '[', '[]', '][', ' ', '+', '%5B', '%20'),
        fc.constantFrom(...PROTOCOL),
        fc.constantFrom('', ']', '[]', '[0]', '[x]', '%5D', '%5B%5D', ' ', '+', '%00', '\0x', '.', '[a][b]'),
        fc.constantFrom('=a', '', '=', '=a%00b', '=+a', '=a=b', '=a;state=b'),
      )
      .map((parts) => parts.join(''));
    const form = fc.array(fc.oneof(decorated, formLike), { maxLength: 5 }).map((all) => all.join('&'));
    await fc.assert(
      fc.asyncProperty(form, async (body) => {
        const { parameters, problems } = parseParameters(body);
        fc.pre(problems.length === 0);
        const reading = await parse(parameters.serialize());
        for (const name of PROTOCOL) expect(reading.get(name) ?? []).toEqual(parameters.all(name));
      }),
    );
  });
});

describe('any bytes', () => {
  test('never throw, and parsed parameters survive serialisation', () => {
    fc.assert(
      fc.property(anything, (body) => {
        const { parameters, problems, lossless } = parseParameters(body);
        if (!lossless) expect(problems.map(({ reason }) => reason)).toContain('parameter_malformed');
        const again = parseParameters(parameters.serialize());
        expect(again.parameters.entries).toEqual(parameters.entries);
        expect(again.lossless).toBe(true);
        if (problems.length === 0) expect(again.problems).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  test('without a problem have the same meaning for URLSearchParams', () => {
    fc.assert(
      fc.property(anything, (body) => {
        const { parameters, problems } = parseParameters(body);
        fc.pre(problems.length === 0);
        // A leading `&` keeps it from ignoring a `?`. Its text is UTF-16, not bytes.
        const decoded = Buffer.from(body, 'latin1').toString('utf8');
        expect([...new URLSearchParams(`&${decoded}`)].filter(hasValue)).toEqual(parameters.entries);
      }),
      { numRuns: 1_000 },
    );
  });

  test('without a problem name each protocol parameter once, with no control character', () => {
    fc.assert(
      fc.property(anything, (body) => {
        const { parameters, problems } = parseParameters(body);
        fc.pre(problems.length === 0);
        for (const name of PROTOCOL) {
          const values = parameters.all(name);
          expect(values.length).toBeLessThanOrEqual(1);
          expect(values.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        }
      }),
    );
  });
});

test('a change affects one parameter only', () => {
  fc.assert(
    fc.property(entries(name), name, text, (list, name, value) => {
      const before = new Parameters(list);
      const after = before.with(name, value);
      expect(after.get(name)).toBe(value);
      expect(after.without(name).entries).toEqual(before.without(name).entries);
      expect(after.all(name).slice(1)).toEqual(before.all(name).slice(1));
      expect(before.entries).toEqual(list);
    }),
  );
});
