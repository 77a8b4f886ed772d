import { describe, expect, test } from 'vitest';
import { parseRequestTarget } from '../../../src/http/request-target.ts';

const HOST = 'login.example.com';

describe('a target is read', () => {
  test.each([
    ['/', '/', undefined],
    ['/a/b?c=d', '/a/b', 'c=d'],
    ['/a?', '/a', ''],
    ['/a?b?c', '/a', 'b?c'],
    ['/a%3Fb?c', '/a%3Fb', 'c'],
    ['//oauth2//token', '//oauth2//token', undefined],
    ['/a;b=c/d', '/a;b=c/d', undefined],
    ['/a/../b', '/a/../b', undefined],
    ['/%00', '/%00', undefined],
    ['/\xc3\xa9?\xc3\xa9', '/\xc3\xa9', '\xc3\xa9'],
    ['/a|b"<>^`{}[]?"<>', '/a|b"<>^`{}[]', '"<>'],
    ['/http://evil.example/', '/http://evil.example/', undefined],
    // Absolute form (RFC 9112 3.2.2)
    ['http://login.example.com/a?b', '/a', 'b'],
    ['HTTPS://LOGIN.example.com/a', '/a', undefined],
    ['http://login.example.com', '/', undefined],
    ['http://login.example.com?b', '/', 'b'],
    ['http://login.example.com//a', '//a', undefined],
  ])('%s', (target, path, query) => expect(parseRequestTarget(target, HOST)).toEqual({ path, query }));

  test('with a port, or an IPv6 literal, as in the Host header', () => {
    expect(parseRequestTarget('http://h:8080/a', 'h:8080')).toEqual({ path: '/a', query: undefined });
    expect(parseRequestTarget('http://[::1]:80/a', '[::1]:80')).toEqual({ path: '/a', query: undefined });
  });
});

describe('an ambiguous target', () => {
  test.each([
    ['nothing', ''],
    ['no slash', 'oauth2/token'],
    ['asterisk form', '*'],
    ['authority form', 'login.example.com:443'],
    ['another host', 'http://evil.example/a'],
    ['another host in front', 'http://evil.example@login.example.com/a'],
    ['user info', 'http://x@login.example.com/a'],
    ['another port', 'http://login.example.com:81/a'],
    ['a suffix of the host', 'http://login.example.com.evil/a'],
    ['a backslash behind the host', 'http://login.example.com\\@evil.example/a'],
    ['another scheme', 'ftp://login.example.com/a'],
    ['no authority', 'http:///a'],
    ['one slash', 'http:/login.example.com/a'],
    ['a fragment', '/a#b'],
    ['a fragment in a query', '/a?b#c'],
    ['a fragment in absolute form', 'http://login.example.com#/a'],
    ['a backslash', '/a\\b'],
    ['a backslash at the beginning', '\\a'],
    ['a backslash in a query', '/a?b\\c'],
    ['a space', '/a b'],
    ['a tab', '/a\tb'],
    ['a line end', '/a\r\nX: y'],
    ['NUL', '/a\u0000'],
    ['DEL', '/a\u007f'],
    ['a no-break space', '/a\u00a0'],
  ])('%s', (_, target) => expect(parseRequestTarget(target, HOST)).toBeUndefined());

  test('absolute form without a Host to compare', () =>
    expect(parseRequestTarget('http:///a', '')).toEqual({ path: '/a', query: undefined }));
});
