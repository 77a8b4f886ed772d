import { describe, expect, test } from 'vitest';
import { type MetadataFacts, parseMetadata, rewriteMetadata } from '../../../src/oauth/metadata.ts';

const NARROWED = {
  responseTypes: new Set(['code', 'code id_token']),
  responseModes: new Set(['query', 'fragment', 'form_post']),
  requestObjects: false,
};

const FACTS: MetadataFacts = {
  codeChallengeMethods: ['S256'],
  narrowed: NARROWED,
  publicClients: false,
  upstreamHosts: new Set(['idp.internal:8443', 'login.example.com']),
  publicOrigin: 'https://login.example.com',
};

describe('locations', () => {
  test.each([
    ['token_endpoint', 'https://idp.internal:8443/t?x=1', 'https://login.example.com/t?x=1'],
    ['jwks_uri', 'HTTPS://IDP.internal:8443/{tenant}/keys', 'https://login.example.com/{tenant}/keys'],
    ['check_session_iframe', 'http://login.example.com/s', 'https://login.example.com/s'],
    ['userinfo_endpoint', 'https://graph.example.net/me', 'https://graph.example.net/me'],
    ['userinfo_endpoint', 'https://idp.internal:8443', 'https://login.example.com'],
    // Judged requests must go to the gateway, for any address in the upstream's document.
    ['authorization_endpoint', 'https://elsewhere.example.net/a', 'https://login.example.com/a'],
    ['registration_endpoint', '/relative', '/relative'],
    ['op_tos_uri', 'mailto:legal@idp.internal:8443', 'mailto:legal@idp.internal:8443'],
    [
      'userinfo_endpoint',
      'https://idp.internal:8443@evil.example/',
      'https://idp.internal:8443@evil.example/',
    ],
  ])('%s %s', (key, location, expected) => {
    expect(rewriteMetadata({ [key]: location }, FACTS)[key]).toBe(expected);
  });

  test('the issuer, and what only looks like a location, stay', () => {
    const document = {
      issuer: 'https://idp.internal:8443',
      acr_values_supported: ['https://idp.internal:8443/acr'],
    };
    expect(rewriteMetadata(document, FACTS)).toMatchObject(document);
  });

  test('a name such as __proto__ stays a member', () => {
    const document = parseMetadata('{"issuer":"a","__proto__":{"revocation_endpoint":"b"}}');
    const rewritten = rewriteMetadata(document ?? {}, { ...FACTS, publicClients: true });
    expect(JSON.stringify(rewritten)).toContain('"__proto__":{"revocation_endpoint":"b"}');
    expect(Object.keys(rewritten)).not.toContain('revocation_endpoint_auth_methods_supported');
  });

  test('nested ones are found', () => {
    const rewritten = rewriteMetadata(
      { vendor: { deep: { login_url: 'https://idp.internal:8443/l' } } },
      FACTS,
    );
    expect(rewritten['vendor']).toEqual({ deep: { login_url: 'https://login.example.com/l' } });
  });
});

test('members that bypass the gateway, or cannot be followed, are dropped', () => {
  const document = {
    signed_metadata: 'e30.e30.',
    mtls_endpoint_aliases: { token_endpoint: 'https://mtls.internal/t' },
    request_object_encryption_alg_values_supported: ['RSA-OAEP'],
    authorization_encryption_enc_values_supported: ['A128GCM'],
    authorization_signing_alg_values_supported: ['RS256'],
  };
  expect(Object.keys(rewriteMetadata(document, FACTS)).sort()).toEqual([
    'authorization_signing_alg_values_supported',
    'code_challenge_methods_supported',
    'request_parameter_supported',
    'request_uri_parameter_supported',
  ]);
});

test('response types and modes are narrowed, in any order of words', () => {
  const document = {
    response_types_supported: ['code', 'id_token code', 'token', 7],
    response_modes_supported: ['query', 'web_message', 'form_post'],
  };
  expect(rewriteMetadata(document, FACTS)).toMatchObject({
    response_types_supported: ['code', 'id_token code'],
    response_modes_supported: ['query', 'form_post'],
  });
  expect(rewriteMetadata(document, { ...FACTS, narrowed: undefined })).toMatchObject({
    response_types_supported: document.response_types_supported,
  });
  expect(rewriteMetadata({}, FACTS)).not.toHaveProperty('response_types_supported');
});

test('if a client is not enforced, everything but the locations stays', () => {
  const document = {
    signed_metadata: 'e30.e30.',
    response_types_supported: ['token'],
    request_parameter_supported: true,
  };
  const facts = { ...FACTS, narrowed: undefined, codeChallengeMethods: undefined };
  expect(rewriteMetadata(document, facts)).toEqual(document);
});

test("without a policy on PKCE, the upstream's value stays", () => {
  const facts = { ...FACTS, codeChallengeMethods: undefined };
  const document = { code_challenge_methods_supported: ['plain'] };
  expect(rewriteMetadata(document, facts)).toMatchObject(document);
  expect(rewriteMetadata({}, facts)).not.toHaveProperty('code_challenge_methods_supported');
});

test('request objects: by value if a policy allows them, never by reference', () => {
  const document = { request_parameter_supported: true, request_uri_parameter_supported: true };
  expect(rewriteMetadata(document, FACTS)).toMatchObject({
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  });
  expect(
    rewriteMetadata(document, { ...FACTS, narrowed: { ...NARROWED, requestObjects: true } }),
  ).toMatchObject({
    request_parameter_supported: true,
    request_uri_parameter_supported: false,
  });
});

test('clients that the gateway authenticates are public', () => {
  const facts = { ...FACTS, publicClients: true };
  const document = {
    revocation_endpoint: 'https://idp.internal:8443/r',
    token_endpoint_auth_methods_supported: ['none'],
  };
  expect(rewriteMetadata(document, facts)).toMatchObject({
    token_endpoint_auth_methods_supported: ['none'],
    revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'none'],
  });
});

test.each([
  ['{"issuer":"https://a.example"}', true],
  ['{"token_endpoint":"https://a.example/t"}', true],
  ['{"error":"not_found"}', false],
  ['[{"issuer":"x"}]', false],
  ['null', false],
  ['<!doctype html>', false],
])('%s is metadata: %s', (text, is) => expect(parseMetadata(text) !== undefined).toBe(is));
