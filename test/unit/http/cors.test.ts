import { describe, expect, test } from 'vitest';
import { mergeCorsHeaders, mergePreflightHeaders, parsePreflight } from '../../../src/http/cors.ts';

const ORIGIN = 'https://app.example.com';
const ASKED = {
  origin: ORIGIN,
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'content-type,x-own',
};

function fields(headers: readonly string[]): Record<string, string> {
  const pairs = headers.flatMap((name, i) =>
    i % 2 === 0 ? [[name.toLowerCase(), headers[i + 1] as string]] : [],
  );
  return Object.fromEntries(pairs);
}

describe('a preflight', () => {
  test('is distinguished from other OPTIONS requests', () => {
    expect(parsePreflight('OPTIONS', ASKED)).toEqual({
      origin: ORIGIN,
      method: 'POST',
      headers: 'content-type,x-own',
    });
    expect(parsePreflight('POST', ASKED)).toBeUndefined();
    expect(parsePreflight('OPTIONS', { origin: ORIGIN })).toBeUndefined();
    expect(parsePreflight('OPTIONS', { ...ASKED, origin: undefined })).toBeUndefined();
  });

  test('is granted what it requests, in addition to what the upstream grants', () => {
    const preflight = { origin: ORIGIN, method: 'PUT', headers: 'content-type,x-own' };
    const upstream = [
      'Access-Control-Allow-Methods',
      'GET',
      'Access-Control-Allow-Headers',
      'X-Own, x-theirs',
    ];
    expect(fields(mergePreflightHeaders(upstream, preflight))).toEqual({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'X-Own, x-theirs, content-type',
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    });
  });
});

describe('a response of the upstream', () => {
  test.each([
    ['nothing', []],
    [
      'another origin, with credentials',
      ['Access-Control-Allow-Origin', 'https://x', 'Access-Control-Allow-Credentials', 'true'],
    ],
  ])('that allows %s is readable to the client’s origin, without credentials', (_, headers) => {
    const merged = fields(mergeCorsHeaders(headers, ORIGIN));
    expect(merged['access-control-allow-origin']).toBe(ORIGIN);
    expect(merged).not.toHaveProperty('access-control-allow-credentials');
    expect(merged['access-control-expose-headers']).toContain('X-Request-Id');
  });

  test.each(['*', ORIGIN])('that allows %s stays unchanged', (allowed) => {
    const headers = [
      'Access-Control-Allow-Origin',
      allowed,
      'Access-Control-Allow-Credentials',
      'true',
      'Vary',
      'Accept',
    ];
    expect(fields(mergeCorsHeaders(headers, ORIGIN))).toMatchObject({
      'access-control-allow-origin': allowed,
      'access-control-allow-credentials': 'true',
      vary: 'Accept, Origin',
    });
  });

  test('for any other origin says only that it depends on the origin', () => {
    expect(mergeCorsHeaders(['X', 'y'], undefined)).toEqual(['X', 'y', 'Vary', 'Origin']);
  });
});
