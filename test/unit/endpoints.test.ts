import { describe, expect, test } from 'vitest';
import { Endpoints } from '../../src/issuer/endpoints.ts';

const endpoints = new Endpoints({
  authorization: ['/oauth2/authorize', '/{tenant}/authorize'],
  token: ['/oauth2/token', '/realms/{realm}/protocol/token'],
  pushedAuthorization: ['/oauth2/par'],
  metadata: ['/.well-known/openid-configuration', '/realms/{realm}/.well-known/openid-configuration'],
});

describe('the endpoint of a path', () => {
  test.each([
    ['/oauth2/authorize', 'authorization', ''],
    ['/oauth2/token', 'token', ''],
    ['/oauth2/par', 'pushed_authorization', ''],
    ['/.well-known/openid-configuration', 'metadata', ''],
    ['/realms/master/protocol/token', 'token', 'master'],
    ['/realms/A.b-c_~@:+1/protocol/token', 'token', 'A.b-c_~@:+1'],
    ['/acme/authorize', 'authorization', 'acme'],
    ['/realms/a/.well-known/openid-configuration', 'metadata', 'a'],
  ])('%s: %s', (path, endpoint, realm) =>
    expect(endpoints.match(path)).toEqual({ endpoint, realm, resembles: undefined }),
  );
});

describe('a path that some server reads as an endpoint', () => {
  test.each([
    // Observed on LemonLDAP::NG behind nginx.
    ['//oauth2/token', 'token'],
    ['/oauth2/token/', 'token'],
    ['/oauth2/token/.', 'token'],
    ['/oauth2/%74oken', 'token'],
    ['/oauth2%2ftoken', 'token'],
    // oidc-provider
    ['/OAUTH2/TOKEN', 'token'],
    // Glewlwyd, werkzeug, Django
    ['/oauth2//token', 'token'],
    ['///oauth2/token', 'token'],
    ['/%6fauth2/token', 'token'],
    // Tomcat, IIS, PHP
    ['/oauth2/token;x=y', 'token'],
    ['/x/..;/oauth2/token', 'token'],
    ['/oauth2/token%00', 'token'],
    ['/oauth2\\token', 'token'],
    ['/oauth2/%u0074oken', 'token'],
    ['/oauth2/token%3f', 'token'],
    ['/oauth2/AUTHORIZE', 'authorization'],
    ['/oauth2/par/', 'pushed_authorization'],
    ['/realms/master/protocol/token/', 'token'],
    ['/Realms/master/protocol/token', 'token'],
    ['/realms/%6daster/protocol/token', 'token'],
    ['/realms/a%20b/protocol/token', 'token'],
    ['/realms/x/../master/protocol/token', 'token'],
    ['/realms/a;b/protocol/token', 'token'],
    ['/realms/%2e/protocol/../master/protocol/token', 'token'],
  ])('%s resembles %s', (path, resembles) =>
    expect(endpoints.match(path)).toEqual({ endpoint: 'other', realm: '', resembles }),
  );

  test.each(['.', '..'])('%s is not a realm', (realm) =>
    expect(endpoints.match(`/realms/${realm}/protocol/token`).endpoint).toBe('other'),
  );
});

describe('a path that no server reads as an endpoint', () => {
  test.each([
    '/',
    '/login',
    '/oauth2',
    '/oauth2/tokens',
    '/oauth2/tokeninfo',
    '/oauth2/token-introspection',
    // Redemptions here are found by content (`oauth/redemption-search.ts`).
    '/oauth2/token/foo',
    '/index.psgi/oauth2/token',
    // Below an authorization endpoint, servers have their own pages.
    '/oauth2/authorize/4f2a/login',
    '/realms/a/b/protocol/token',
    '/assets/oauth2/token.js',
  ])('%s', (path) =>
    expect(endpoints.match(path)).toEqual({ endpoint: 'other', realm: '', resembles: undefined }),
  );

  test('a loose form of a metadata path is not refused', () =>
    expect(endpoints.match('/.well-known/openid-configuration/').resembles).toBeUndefined());
});

describe('an endpoint named in the metadata', () => {
  const learnt = () => {
    const fresh = new Endpoints({
      authorization: ['/authorize'],
      token: ['/token', '/{realm}/token'],
      pushedAuthorization: [],
      metadata: ['/metadata'],
    });
    return fresh;
  };

  test('is recognised by its exact path', () => {
    const some = learnt();
    some.learn('jwks', '/jwks');
    some.learn('userinfo', undefined);
    expect(some.match('/jwks')).toEqual({ endpoint: 'jwks', realm: '', resembles: undefined });
    expect(some.match('/jwks/').endpoint).toBe('other');
  });

  test.each(['/token', '/token/', '/TOKEN', '/a/token', '/authorize', '/metadata'])(
    'does not replace the judged %s',
    (path) => {
      const some = learnt();
      const before = some.match(path);
      some.learn('userinfo', path);
      expect(some.match(path)).toEqual(before);
    },
  );

  test('the first one with a path keeps it, and the number is limited', () => {
    const some = learnt();
    some.learn('jwks', '/x');
    some.learn('revocation', '/x');
    expect(some.match('/x').endpoint).toBe('jwks');
    for (let i = 0; i < 4_000; i++) some.learn('jwks', `/keys/${i}`);
    expect(some.match('/keys/1').endpoint).toBe('jwks');
    expect(some.match('/keys/3999').endpoint).toBe('other');
  });
});
