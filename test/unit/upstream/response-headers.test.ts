import { describe, expect, test } from 'vitest';
import {
  buildResponseHeaders,
  describeBody,
  describeNoBody,
  headerOf,
  type ResponseHead,
  withoutHeaders,
} from '../../../src/upstream/response-headers.ts';

describe('the headers of a response', () => {
  test.each([
    'Connection',
    'keep-alive',
    'PROXY-AUTHENTICATE',
    'Proxy-Connection',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
  ])('%s is dropped (RFC 9110 7.6.1)', (name) =>
    expect(buildResponseHeaders(['A', '1', name, 'x', 'B', '2'])).toEqual(['A', '1', 'B', '2']),
  );

  test('so are those named in Connection', () =>
    expect(
      buildResponseHeaders(['Connection', 'X-Hop, x_other', 'x-hop', '1', 'X_Other', '2', 'A', '3']),
    ).toEqual(['A', '3']));

  test('all others are forwarded as written, duplicates in order', () => {
    const raw = ['Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'Content-Length', '0', 'X', '', 'Date', 'now'];
    expect(buildResponseHeaders(raw)).toEqual(raw);
  });

  test('bytes one by one, in any charset', () =>
    expect(buildResponseHeaders([Buffer.from('X-Name'), Buffer.from([0xc3, 0xa9, 0xff])])).toEqual([
      'X-Name',
      '\xc3\xa9\xff',
    ]));
});

describe('a head', () => {
  const head: ResponseHead = {
    status: 302,
    statusText: 'Found',
    headers: ['Location', '/a', 'X', 'location', 'LOCATION', '/b', 'Set-Cookie', 'x'],
  };

  test('the values of a name as one list, in any case', () => {
    expect(headerOf(head, 'location')).toBe('/a, /b');
    expect(headerOf(head, 'set-cookie')).toBe('x');
    expect(headerOf(head, 'content-type')).toBeUndefined();
    expect(headerOf({ ...head, headers: [] }, 'location')).toBeUndefined();
  });

  test('for a changed body, and for none', () => {
    const described = {
      ...head,
      headers: [
        'ETag',
        '"1"',
        'Content-Encoding',
        'gzip',
        'Content-Type',
        'text/html',
        'Repr-Digest',
        'sha-256=:x:',
        'A',
        'b',
      ],
    };
    expect(describeBody(described, 12).headers).toEqual([
      'Content-Type',
      'text/html',
      'A',
      'b',
      'Content-Length',
      '12',
    ]);
    expect(describeNoBody(described).headers).toEqual(['A', 'b', 'Content-Length', '0']);
  });

  test('without some names', () => {
    expect(withoutHeaders(head, new Set(['location'])).headers).toEqual(['X', 'location', 'Set-Cookie', 'x']);
    expect(withoutHeaders(head, new Set()).headers).toEqual(head.headers);
  });
});
