import { expect, test } from 'vitest';
import { carriesToken } from '../../../src/admin/admin-token.ts';

const TOKEN = 's3cret:with:colons';
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

test.each([`Bearer ${TOKEN}`, `bearer  ${TOKEN}`, basic(`prometheus:${TOKEN}`), basic(`:${TOKEN}`)])(
  '%s contains the token',
  (header) => expect(carriesToken(header, TOKEN)).toBe(true),
);

test.each([
  undefined,
  '',
  TOKEN,
  'Bearer',
  'Bearer ',
  `Bearer ${TOKEN}x`,
  `Bearer ${TOKEN.slice(0, -1)}`,
  `Digest ${TOKEN}`,
  basic(TOKEN),
  basic(`${TOKEN}:`),
  basic('prometheus:other'),
])('%s does not', (header) => expect(carriesToken(header, TOKEN)).toBe(false));
