import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildRequestHeaders } from '../../src/upstream/request-headers.ts';
import { buildResponseHeaders } from '../../src/upstream/response-headers.ts';

const PEER = { address: '1.1.1.1', forwardedFor: '1.1.1.1', scheme: 'https', host: 'h' } as const;
const OPTIONS = {
  peer: PEER,
  publicOrigin: 'https://h',
  host: 'idp',
  requestId: ['X-Request-Id', 'id'],
} as const;
const SET = 12;
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
const OVERRIDES = [
  'x-original-url',
  'x-rewrite-url',
  'x-http-method-override',
  'x-forwarded-host',
  'forwarded',
  'host',
];
const ORDINARY = ['accept', 'cookie', 'x-custom', 'user-agent', 'dpop', 'origin', 'via'];

/** A name in any case, with any of the characters that CGI treats as equal. */
const spelt = (name: string) =>
  fc
    .array(fc.constantFrom('as it is', 'upper', '_', '.'), { minLength: name.length, maxLength: name.length })
    .map((ways) =>
      [...name]
        .map((character, i) => {
          if (character === '-') return ways[i] === '_' || ways[i] === '.' ? ways[i] : '-';
          return ways[i] === 'upper' ? character.toUpperCase() : character;
        })
        .join(''),
    );
const oneOf = (names: readonly string[]) => fc.constantFrom(...names).chain(spelt);
const value = fc.oneof(fc.string({ maxLength: 8 }), oneOf([...ORDINARY, ...HOP_BY_HOP]));
const pair = fc.tuple(oneOf([...HOP_BY_HOP, ...OVERRIDES, ...ORDINARY]), value);
const canonical = (name: string) => name.toLowerCase().replace(/[_.]/g, '-');

const pairsOf = (flat: readonly string[]) =>
  Array.from(
    { length: flat.length / 2 },
    (_, i) => [flat[2 * i] as string, flat[2 * i + 1] as string] as const,
  );

/** The names in Connection headers, except a cookie, which a client cannot remove. */
const namedIn = (pairs: readonly (readonly [string, string])[]) =>
  new Set(
    pairs
      .filter(([name]) => name.toLowerCase() === 'connection')
      .flatMap(([, text]) => text.split(',').map((token) => canonical(token.trim())))
      .filter((token) => token !== 'cookie'),
  );

test('a request: hop-by-hop headers and other paths are dropped, all others are forwarded in order', () => {
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 15 }), (pairs) => {
      const headers = buildRequestHeaders(pairs.flat(), { ...OPTIONS, body: 'as_sent' });
      const named = namedIn(pairs);
      const expected = pairs.filter(
        ([name]) => ORDINARY.includes(canonical(name)) && !named.has(canonical(name)),
      );
      expect(pairsOf(headers.slice(2, 2 - SET))).toEqual(expected);
      expect(headers.slice(0, 2)).toEqual(['Host', 'idp']);
    }),
    { numRuns: 1_000 },
  );
});

test('a request: only the judged header exists', () => {
  const single = fc.tuple(oneOf(['authorization', 'content-type', 'content-length']), value);
  fc.assert(
    fc.property(fc.array(single, { maxLength: 8 }), (pairs) => {
      const headers = buildRequestHeaders(pairs.flat(), { ...OPTIONS, body: 'as_sent' });
      const sent = pairsOf(headers.slice(2, 2 - SET));
      for (const name of ['authorization', 'content-type', 'content-length']) {
        // Node uses the first of these, spelt with a hyphen.
        const judged = pairs.find(([candidate]) => candidate.toLowerCase() === name);
        expect(sent.filter(([candidate]) => canonical(candidate) === name)).toEqual(judged ? [judged] : []);
      }
    }),
    { numRuns: 500 },
  );
});

test('a response: hop-by-hop headers are dropped, all others are forwarded in order', () => {
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 15 }), (pairs) => {
      const named = namedIn(pairs);
      const sent = pairsOf(buildResponseHeaders(pairs.flat()));
      const expected = pairs.filter(
        ([name]) => !HOP_BY_HOP.includes(canonical(name)) && !named.has(canonical(name)),
      );
      expect(sent).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('no names or values make it throw', () => {
  const anything = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(fc.array(fc.tuple(anything, anything)), (pairs) => {
      buildRequestHeaders(pairs.flat(), { ...OPTIONS, body: 'replaced' });
      buildResponseHeaders(pairs.flat());
    }),
  );
});
