import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tidyResponseHead } from '../../../src/upstream/tidy-response-head.ts';

const headOf = (...lines: string[]) => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`;

describe('a head that a strict parser accepts', () => {
  const token = fc.stringMatching(/^[A-Za-z][A-Za-z-]{0,10}$/);
  const value = fc.stringMatching(/^[\x21-\x7e\x80-\xff]{0,20}$/);
  test('stays as it is', () => {
    const lines = fc.array(fc.tuple(token, value).map(([name, text]) => `X-${name}: ${text}`));
    fc.assert(fc.property(lines, (all) => tidyResponseHead(headOf(...all)) === headOf(...all)));
  });

  test('is the result for LF alone', () => {
    const head = headOf('Server: a', 'Content-Length: 3', 'Set-Cookie: a=b; Path=/');
    expect(tidyResponseHead(head.replaceAll('\r', ''))).toBe(head);
  });
});

test.each([
  ['interim', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['interim', 'HTTP/1.0 199\n\n'],
  ['HTTP/1.1 101 Switching Protocols\r\n\r\n', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  [headOf('A: b'), headOf('A : b')],
  [headOf('A: b c'), headOf('A: b', ' c')],
  [headOf(), headOf('Transfer-Encoding: identity')],
  [headOf('Content-Length: 3'), headOf('Content-Length: 3', 'content-length:3')],
])('%j out of %j', (tidied, head) => expect(tidyResponseHead(head)).toBe(tidied));

test.each([
  headOf('Content-Length : 3'),
  headOf('Content-Length: 3', ' 4'),
  headOf('Content-Length: 3', 'Content-Length: 4'),
  headOf('Transfer-Encoding : chunked'),
  headOf('Transfer-Encoding: identity, chunked'),
  headOf('A: b\rc'),
  headOf('A: b\0c'),
  headOf('no header'),
  '220 mail\r\n\r\n',
  'HTTP/2.0 200 OK\r\n\r\n',
  'HTTP/1.1 200OK\r\nA : b\r\n\r\n',
])('%j is left for the parser to refuse', (head) => expect(tidyResponseHead(head)).toBe(head));
