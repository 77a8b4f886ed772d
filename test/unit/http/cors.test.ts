import { describe, expect, test } from 'vitest';
import { buildPreflightHeaders, parsePreflight, replaceCorsHeaders } from '../../../src/http/cors.ts';

const ORIGIN = 'https://app.example.com';

describe('a preflight', () => {
  const headers = {
    origin: ORIGIN,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'Content-Type, DPoP,x-evil',
  };

  test('is told from other OPTIONS', () => {
    expect(parsePreflight('OPTIONS', headers)).toEqual({
      origin: ORIGIN,
      headers: ['content-type', 'dpop', 'x-evil'],
    });
    expect(parsePreflight('POST', headers)).toBeUndefined();
    expect(parsePreflight('OPTIONS', { origin: ORIGIN })).toBeUndefined();
    expect(parsePreflight('OPTIONS', { ...headers, origin: undefined })).toBeUndefined();
  });

  test('is granted what it asks for, as far as clients need it', () => {
    const preflight = { origin: ORIGIN, headers: ['content-type', 'dpop', 'x-evil'] };
    expect(buildPreflightHeaders(preflight, 'POST')).toEqual({
      'Access-Control-Allow-Origin': ORIGIN,
      'Access-Control-Allow-Methods': 'POST',
      'Access-Control-Allow-Headers': 'content-type, dpop',
      'Access-Control-Max-Age': '600',
      Vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    });
    expect(buildPreflightHeaders({ origin: ORIGIN, headers: ['x-evil'] }, 'POST')).not.toHaveProperty(
      'Access-Control-Allow-Headers',
    );
  });
});

describe('an answer of the upstream', () => {
  test.each([
    ['nothing', [], []],
    [
      'any origin, with credentials',
      ['access-control-allow-origin', '*', 'Access-Control-Allow-Credentials', 'true'],
      [],
    ],
    [
      'another origin',
      ['Access-Control-Allow-Origin', 'https://b.example', 'access-control-allow-credentials', 'true'],
      [],
    ],
    [
      'this origin, with credentials',
      ['Access-Control-Allow-Origin', ORIGIN, 'Access-Control-Allow-Credentials', 'true'],
      ['Access-Control-Allow-Credentials', 'true'],
    ],
  ])('that allows %s', (_, sent, credentials) => {
    expect(replaceCorsHeaders(['Content-Type', 'a/b', ...sent], ORIGIN)).toEqual([
      'Content-Type',
      'a/b',
      'Access-Control-Allow-Origin',
      ORIGIN,
      'Access-Control-Expose-Headers',
      'WWW-Authenticate, DPoP-Nonce',
      ...credentials,
      'Vary',
      'Origin',
    ]);
  });

  test('keeps what else it varies by and exposes', () => {
    const headers = [
      'Vary',
      'Accept-Encoding, origin',
      'access-control-expose-headers',
      'X-Trace, dpop-nonce',
    ];
    expect(replaceCorsHeaders(headers, ORIGIN)).toEqual([
      'Access-Control-Allow-Origin',
      ORIGIN,
      'Access-Control-Expose-Headers',
      'WWW-Authenticate, DPoP-Nonce, x-trace',
      'Vary',
      'Origin, Accept-Encoding',
    ]);
  });
});
