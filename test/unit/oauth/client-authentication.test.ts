import { expect, test } from 'vitest';
import { authenticateRequest, chooseSecretMethod } from '../../../src/oauth/client-authentication.ts';
import { Parameters } from '../../../src/oauth/parameters.ts';

test.each([
  [undefined, 'client_secret_basic'],
  [[], 'client_secret_basic'],
  [['client_secret_post', 'client_secret_basic'], 'client_secret_basic'],
  [['none', 'client_secret_post'], 'client_secret_post'],
  [['private_key_jwt'], 'client_secret_post'],
] as const)('%j: %s', (supported, method) => expect(chooseSecretMethod(supported)).toBe(method));

const PARAMETERS = new Parameters([
  ['grant_type', 'refresh_token'],
  ['client_id', 'a:b c'],
]);

test('Basic: both halves form-urlencoded, the client_id not repeated (RFC 6749 2.3.1)', () => {
  const { parameters, authorization } = authenticateRequest(PARAMETERS, {
    clientId: 'a:b c',
    secret: 'p+ä/%',
    method: 'client_secret_basic',
  });
  expect(parameters.entries).toEqual([['grant_type', 'refresh_token']]);
  expect(Buffer.from(authorization?.split(' ')[1] ?? '', 'base64').toString()).toBe(
    'a%3Ab+c:p%2B%C3%A4%2F%25',
  );
});

test('post: in the body, after all other parameters', () => {
  const client = { clientId: 'a:b c', secret: 's', method: 'client_secret_post' } as const;
  const { parameters, authorization } = authenticateRequest(PARAMETERS, client);
  expect(authorization).toBeUndefined();
  expect(parameters.entries).toEqual([...PARAMETERS.entries, ['client_secret', 's']]);
});
