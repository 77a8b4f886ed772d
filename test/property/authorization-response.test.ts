import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buildErrorRedirect,
  type ResponseChanges,
  readAuthorizationResponse,
  redirectParameters,
  rewriteAuthorizationResponse,
} from '../../src/oauth/authorization-response.ts';

const PREFIX = 'pgeAAAAAAAAAAAAAAAAAAAAAAxxxxxx.';
const changes = fc.record({
  prefix: fc.constant(PREFIX),
  hadState: fc.boolean(),
  code: fc.option(fc.string(), { nil: undefined }),
  iss: fc.constant(undefined),
});
/** Printable octets, also such as no URL should have. */
const octet = fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code));
const octets = (without: RegExp) =>
  fc.string({ unit: octet, maxLength: 12 }).map((text) => text.replace(without, ''));
/** A parameter that is neither state nor code, whatever its octets mean. */
const other = fc
  .tuple(fc.constantFrom('x', 'scope=', '=', 'State=', '%'), octets(/[&#]/g))
  .map((parts) => parts.join(''));
const state = octets(/[&#]/g).map((rest) => ({
  before: `state=${PREFIX}${rest}`,
  after: `state=${rest}`,
  is: 'state' as const,
}));
const code = octets(/[&#]/g).map((value) => ({
  before: `code=${value}`,
  after: `code=${value}`,
  is: 'code' as const,
}));
const segment = fc.oneof(
  { weight: 4, arbitrary: other.map((text) => ({ before: text, after: text, is: 'other' as const })) },
  state,
  code,
);
const part = fc.array(segment, { minLength: 1, maxLength: 6 });
const base = fc.constantFrom(
  'https://app.example.com/cb',
  '/cb',
  'app:cb',
  '//app.example.com',
  'https:\\\\app.example.com\\cb',
  '',
);

describe('of a redirect, only state and code are changed', () => {
  test('every other octet stays', () => {
    fc.assert(
      fc.property(base, fc.option(part), fc.option(part), changes, (base, query, fragment, changes) => {
        const write = (mark: string, list: typeof query, which: 'before' | 'after') => {
          if (list === null) return '';
          const kept = list.filter(({ is }) => which === 'before' || is !== 'state' || changes.hadState);
          const texts = kept.map((item) =>
            which === 'after' && item.is === 'code' && changes.code !== undefined
              ? `code=${encodeURIComponent(changes.code)}`
              : item[which],
          );
          return texts.length === 0 ? '' : mark + texts.join('&');
        };
        const location = base + write('?', query, 'before') + write('#', fragment, 'before');
        const expected = base + write('?', query, 'after') + write('#', fragment, 'after');
        expect(rewriteAuthorizationResponse(location, changes)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  test('nothing to change changes nothing but what browsers drop', () => {
    const nothing: ResponseChanges = { prefix: undefined, hadState: true, code: undefined, iss: undefined };
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (location) => rewriteAuthorizationResponse(location, nothing) === location.replace(/[\t\r\n]/g, ''),
      ),
    );
  });
});

/** Locations in which everything that matters comes often, in any order. */
const messy = fc
  .array(
    fc.constantFrom(
      ...['?', '#', '&', '=', '%', '+', '\t', '\n', '/', ';', '[]', '%26', '%23', '%3D', '%FF', '\xe9', 'x'],
      ...['code', 'c%6fde', 'Code', 'state', 'st%61te', 'error', 'response', 'id_token', 'iss'],
      ...['code=', 'state=', `state=${PREFIX}`, PREFIX, PREFIX.replace('.', '%2E'), 'abc'],
    ),
    { maxLength: 20 },
  )
  .map((pieces) => `https://app.example.com/cb${pieces.join('')}`);

describe('a browser reads from the changed redirect', () => {
  test('what was judged, with the changes', () => {
    fc.assert(
      fc.property(messy, changes, (location, changes) => {
        const before = new URL(location);
        const after = new URL(rewriteAuthorizationResponse(location, changes));
        expect(after.origin + after.pathname).toBe(before.origin + before.pathname);
        const expected = [...redirectParameters(before)].flatMap(([name, value]): [string, string][] => {
          if (name === 'code' && changes.code !== undefined) return [[name, changes.code]];
          if (name !== 'state' || !value.startsWith(PREFIX)) return [[name, value]];
          return changes.hadState ? [[name, value.slice(PREFIX.length)]] : [];
        });
        expect([...redirectParameters(after)]).toEqual(expected);
      }),
      {
        numRuns: 2_000,
        examples: [
          [
            `https://app.example.com/cb?state=${PREFIX}&?`,
            { prefix: PREFIX, hadState: false, code: undefined, iss: undefined },
          ],
        ],
      },
    );
  });

  test('no other code than the new one', () => {
    fc.assert(
      fc.property(messy, (location) => {
        const changes = { prefix: PREFIX, hadState: true, code: 'NEW', iss: undefined };
        const after = new URL(rewriteAuthorizationResponse(location, changes));
        const response = readAuthorizationResponse(after, redirectParameters(after));
        expect(response?.codes.every((code) => code === 'NEW') ?? true).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('the issuer, once', () => {
    fc.assert(
      fc.property(messy, (location) => {
        const before = new URL(location);
        const response = readAuthorizationResponse(before, redirectParameters(before));
        fc.pre(response?.hasIss === false);
        const changes = { prefix: undefined, hadState: true, code: undefined, iss: 'https://as/?a&b' };
        const after = new URL(rewriteAuthorizationResponse(location, changes));
        const issuers = [...redirectParameters(after)].filter(([name]) => name === 'iss');
        expect(issuers).toEqual([['iss', 'https://as/?a&b']]);
      }),
      { numRuns: 1_000 },
    );
  });
});

test('an error goes to the redirect_uri with its own query, and the state as it was', () => {
  const redirectUri = fc.constantFrom('https://a.example/cb', 'https://a.example/cb?a=1', 'app:/cb?a=%2F');
  const state = fc.option(fc.string({ unit: 'binary' }), { nil: undefined });
  fc.assert(
    fc.property(redirectUri, state, fc.boolean(), (redirectUri, state, inFragment) => {
      const error = { error: 'invalid_request', description: 'a & b' };
      const location = buildErrorRedirect(redirectUri, error, { state, inFragment }, undefined);
      expect(location.startsWith(redirectUri)).toBe(true);
      const target = new URL(location);
      const answer = new URLSearchParams(inFragment ? target.hash.slice(1) : target.search);
      expect(answer.get('error_description')).toBe('a & b');
      expect(answer.get('state') ?? undefined).toBe(state);
    }),
  );
});
