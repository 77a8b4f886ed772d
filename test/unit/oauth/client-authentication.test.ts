import { expect, test } from 'vitest';
import { authenticateRequest } from '../../../src/oauth/client-authentication.ts';
import { Parameters } from '../../../src/oauth/parameters.ts';

const PARAMETERS = new Parameters([
  ['grant_type', 'refresh_token'],
  ['client_id', 'a:b c'],
]);

test.each([
  [undefined, 'Basic'],
  [[], 'Basic'],
  [['client_secret_post', 'client_secret_basic'], 'Basic'],
  [['none', 'client_secret_post'], undefined],
  [['private_key_jwt'], undefined],
] as const)('%j: the scheme of the Authorization header is %s', (supported, scheme) => {
  const { authorization } = authenticateRequest(PARAMETERS, { clientId: 'a', secret: 's' }, supported);
  expect(authorization?.split(' ')[0]).toBe(scheme);
});

test('Basic: both halves form-urlencoded, the client_id not repeated (RFC 6749 2.3.1)', () => {
  const client = { clientId: 'a:b c', secret: 'p+ä/%' };
  const { parameters, authorization } = authenticateRequest(PARAMETERS, client);
  expect(parameters.entries).toEqual([['grant_type', 'refresh_token']]);
  expect(Buffer.from(authorization?.split(' ')[1] ?? '', 'base64').toString()).toBe(
    'a%3Ab+c:p%2B%C3%A4%2F%25',
  );
});

test('post: in the body, after all other parameters', () => {
  const client = { clientId: 'a:b c', secret: 's' };
  const { parameters, authorization } = authenticateRequest(PARAMETERS, client, ['client_secret_post']);
  expect(authorization).toBeNull();
  expect(parameters.entries).toEqual([...PARAMETERS.entries, ['client_secret', 's']]);
});
