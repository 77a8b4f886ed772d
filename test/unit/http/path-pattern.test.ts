import { describe, expect, test } from 'vitest';
import { compilePathPattern, loosenPath } from '../../../src/http/path-pattern.ts';

describe('a pattern', () => {
  test.each([
    ['/oauth2/token', '/oauth2/token', ''],
    ['/oauth2/token', '/oauth2/token/', undefined],
    ['/oauth2/token', '/oauth2/Token', undefined],
    ['/realms/{realm}/token', '/realms/a/token', 'a'],
    ['/realms/{realm}/token', '/realms/%2F/token', '%2F'],
    ['/realms/{realm}/token', '/realms//token', undefined],
    ['/realms/{realm}/token', '/realms/a/b/token', undefined],
    ['/realms/{realm}/token', '/realms/a/token/', undefined],
    ['/realms/{realm}/token', '/x/realms/a/token', undefined],
    ['/{a}/x/{b}', '/1/x/2', '1/2'],
    ['/{a}', '/', undefined],
    ['/a.b/{c}', '/axb/1', undefined],
    ['/a+(b)$/{c}', '/a+(b)$/1', '1'],
    ['/{*}/token', '/a/token', ''],
    ['/{*}/token', '/a/b/token', undefined],
    ['/{*}/x/{b}', '/1/x/2', '2'],
  ])('%s, %s: %s', (pattern, path, realm) =>
    expect(compilePathPattern(pattern).match(path)?.realm).toBe(realm),
  );
});

describe('the most lenient reading', () => {
  test.each([
    ['//oauth2//token', '/oauth2/token'],
    ['/oauth2/token/', '/oauth2/token'],
    ['/oauth2/token/.', '/oauth2/token'],
    ['/oauth2/./token', '/oauth2/token'],
    ['/x/../oauth2/token', '/oauth2/token'],
    ['/../../oauth2/token', '/oauth2/token'],
    ['/oauth2/x/%2e%2e/token', '/oauth2/token'],
    ['/oauth2/%74oken', '/oauth2/token'],
    ['/oauth2%2ftoken', '/oauth2/token'],
    ['/oauth2%2Ftoken', '/oauth2/token'],
    ['/oauth2/%2574oken', '/oauth2/token'],
    ['/oauth2/%25252574oken', '/oauth2/token'],
    ['/oauth2/%u0074oken', '/oauth2/token'],
    ['/oauth2\\token', '/oauth2/token'],
    ['/oauth2%5ctoken', '/oauth2/token'],
    ['/OAuth2/TOKEN', '/oauth2/token'],
    ['/oauth2/token;jsessionid=1', '/oauth2/token'],
    ['/oauth2;a=b/token', '/oauth2/token'],
    ['/oauth2/x/..;/token', '/oauth2/token'],
    ['/oauth2/token%3bx', '/oauth2/token'],
    ['/oauth2/token%00', '/oauth2/token'],
    ['/oauth2/token%00.html', '/oauth2/token'],
    ['/oauth2/token%3Fx=y', '/oauth2/token'],
    ['/oauth2/token%23x', '/oauth2/token'],
    ['/oauth2/token.', '/oauth2/token'],
    ['/oauth2/token%20', '/oauth2/token'],
    ['/oauth2/token.%20.', '/oauth2/token'],
    ['/oauth2/.../token', '/oauth2/token'],
    ['/oauth2/ /token', '/oauth2/token'],
    ['/', '/'],
    ['', '/'],
    ['/a/b/..', '/a'],
    ['/oauth2/token/foo', '/oauth2/token/foo'],
    ['/oauth2/tokens', '/oauth2/tokens'],
    ['/oauth2/%zz%', '/oauth2/%zz%'],
    ['/.well-known/x.json', '/.well-known/x.json'],
  ])('%s: %s', (path, loose) => expect(loosenPath(path)).toBe(loose));
});
