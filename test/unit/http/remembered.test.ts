import { expect, test } from 'vitest';
import { Remembered } from '../../../src/http/remembered.ts';
import { Endpoints } from '../../../src/issuer/endpoints.ts';
import { canonicalHeaderName } from '../../../src/upstream/request-headers.ts';
import { keptBy, message } from '../../support/kept-memory.ts';

test.each(['', 'a', 'X-Header-Name', '\u00ff\u0080', 'x'.repeat(300), '\u{2b530}', '\ud800'])(
  'returns the same result for %j',
  (text) => {
    const remembered = new Remembered((own) => own);
    expect(remembered.of(text)).toBe(text);
    expect(remembered.of(text)).toBe(text);
  },
);

test('keeps the last of many texts', () => {
  let asked = 0;
  const remembered = new Remembered(() => {
    asked += 1;
    return asked;
  });
  for (let i = 0; i < 5_000; i += 1) remembered.of(`text ${i}`);
  expect(remembered.of('text 4999')).toBe(5_000);
  expect(remembered.of('text 0')).toBe(5_001);
});

test('a remembered path does not keep its request in memory', () => {
  const endpoints = new Endpoints({
    authorization: ['/a'],
    token: ['/t'],
    pushedAuthorization: [],
    metadata: [],
  });
  const kept = keptBy(() => {
    for (let i = 0; i < 500; i += 1) endpoints.match(message(`/a-page-of-number-${i}`).slice(0, 22));
  });
  expect(kept).toBeLessThan(2_000_000);
  expect(endpoints.match('/t').endpoint).toBe('token');
});

test('a remembered realm does not keep its request in memory', () => {
  const endpoints = new Endpoints({
    authorization: ['/realms/{realm}/authorize'],
    token: [],
    pushedAuthorization: [],
    metadata: [],
  });
  const kept = keptBy(() => {
    for (let i = 100; i < 600; i += 1)
      endpoints.match(message(`/realms/a-realm-of-some-name-${i}/authorize`).slice(0, 42));
  });
  expect(kept).toBeLessThan(2_000_000);
  expect(endpoints.match('/realms/a-realm-of-some-name-100/authorize')).toMatchObject({
    endpoint: 'authorization',
    realm: 'a-realm-of-some-name-100',
  });
});

test('a remembered header name does not keep its message in memory', () => {
  const kept = keptBy(() => {
    for (let i = 0; i < 500; i += 1) canonicalHeaderName(message(`x-header-of-number-${i}`).slice(0, 22));
  });
  expect(kept).toBeLessThan(2_000_000);
});
