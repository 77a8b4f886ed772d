import { describe, expect, test } from 'vitest';
import {
  allMetadataPaths,
  issuerPathOf,
  metadataPathForms,
  parseMetadataPath,
} from '../../../src/oauth/metadata-paths.ts';

describe('a metadata path', () => {
  test.each([
    ['/.well-known/openid-configuration', 'openid-configuration', ''],
    ['/.well-known/oauth-authorization-server', 'oauth-authorization-server', ''],
    ['/.well-known/oauth-authorization-server/a/b', 'oauth-authorization-server', '/a/b'],
    ['/realms/{realm}/.well-known/openid-configuration', 'openid-configuration', '/realms/{realm}'],
  ])('%s', (path, document, issuerPath) => {
    const place = parseMetadataPath(path);
    expect(place).toEqual({ document, issuerPath });
    expect(place && metadataPathForms(place)).toContain(path);
  });

  test.each(['/metadata', '/.well-known/webfinger', '/.well-known/openid-configuration/', '/'])(
    '%s has no known kind',
    (path) => expect(parseMetadataPath(path)).toBeUndefined(),
  );
});

test('clients look for an issuer with a path at four locations', () => {
  expect(allMetadataPaths(['/t/.well-known/openid-configuration', '/odd'])).toEqual([
    '/t/.well-known/openid-configuration',
    '/odd',
    '/.well-known/openid-configuration/t',
    '/.well-known/oauth-authorization-server/t',
    '/t/.well-known/oauth-authorization-server',
  ]);
});

test.each([
  ['https://as.example.com', ''],
  ['https://as.example.com/', ''],
  ['https://as.example.com/tenant/1/', '/tenant/1'],
  ['no url', ''],
  [undefined, ''],
])('the path of the issuer %s', (issuer, path) => expect(issuerPathOf(issuer)).toBe(path));
