import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { startRawServer } from '../support/upstreams/raw-server.ts';
import { startProxyTo } from './proxy-stage.ts';

const BODY = 'Content-Length: 4\r\n\r\nfine';
const CHUNKED = 'Transfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\n\r\n';

/** Upstream responses that every reader understands in the same way. */
const TAKEN: readonly (readonly [what: string, answer: string, header?: string])[] = [
  ['an unasked 100', `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n${BODY}`],
  ['two 100s with headers', `HTTP/1.1 100 \r\nA: b\r\n\r\nHTTP/1.0 100 X\n\nHTTP/1.1 200 OK\r\n${BODY}`],
  ['a 103 (RFC 8297)', `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n${BODY}`],
  ['a blank before a colon', `HTTP/1.1 200 OK\r\nServer : x\r\n${BODY}`, 'Server: x'],
  ['tabs before a colon', `HTTP/1.1 200 OK\r\nX-A\t \t:\tx\r\n${BODY}`, 'X-A: x'],
  ['lines that end in LF', `HTTP/1.1 200 OK\nX-A: x\n${BODY.replaceAll('\r', '')}`, 'X-A: x'],
  ['some lines that end in LF', `HTTP/1.1 200 OK\r\nX-A: x\nX-B: y\r\n${BODY}`, 'X-B: y'],
  ['LF in the head, then chunks', `HTTP/1.1 200 OK\nX-A: x\n${CHUNKED}`, 'X-A: x'],
  ['Transfer-Encoding: identity', `HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n${BODY}`],
  [
    'the same, up to the end',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding:Identity\r\nConnection: close\r\n\r\nfine',
  ],
  ['a length said twice', `HTTP/1.1 200 OK\r\nContent-Length:4\r\n${BODY}`],
  ['a folded line', `HTTP/1.1 200 OK\r\nX-A: x\r\n\ty\r\n${BODY}`, 'X-A: x y'],
  ['blanks in the status line', `HTTP/1.1   200   OK\r\n${BODY}`],
  ['no reason', `HTTP/1.1 200\r\n${BODY}`],
  ['line ends in front', `\r\n\nHTTP/1.1 200 OK\r\n${BODY}`],
  ['a control character', `HTTP/1.1 200 OK\r\nX-A: a\x01b\r\n${BODY}`, 'X-A: a b'],
];

/** Readers could disagree on the end of these responses. */
const REFUSED: readonly (readonly [what: string, answer: string])[] = [
  ['a blank before the colon of a length', 'HTTP/1.1 200 OK\r\nContent-Length : 4\r\n\r\nfine'],
  ['a blank before the colon of a coding', `HTTP/1.1 200 OK\r\n${CHUNKED.replace(':', ' :')}`],
  ['two lengths', `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n${BODY}`],
  ['a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 4, 4\r\n\r\nfine'],
  ['a length with a sign', 'HTTP/1.1 200 OK\r\nContent-Length: +4\r\n\r\nfine'],
  ['a length together with chunks', `HTTP/1.1 200 OK\r\nContent-Length: 4\r\n${CHUNKED}`],
  ['a folded length', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n 2\r\n\r\nfine'],
  ['a folded coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n chunked\r\n\r\n4\r\nfine\r\n0\r\n\r\n'],
  ['a CR alone', `HTTP/1.1 200 OK\r\nX-A: a\rContent-Length: 9\r\n${BODY}`],
  ['a CR alone, for a line end', `HTTP/1.1 200 OK\rX-A: a\r\n${BODY}`],
  ['chunks whose lines end in LF', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\nfine\n0\n\n'],
  ['a line without a colon', `HTTP/1.1 200 OK\r\nnonsense\r\n${BODY}`],
  ['a NUL', `HTTP/1.1 200 OK\r\nX-A: a\0b\r\n${BODY}`],
];

async function receive(answer: string, pieces: number) {
  await using upstream = await startRawServer(async (socket: Socket, head) => {
    if (!head.includes(' /odd ')) return void socket.write('HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n');
    const size = Math.ceil(answer.length / pieces);
    for (let at = 0; at < answer.length; at += size) {
      await new Promise((written) => socket.write(answer.slice(at, at + size), 'latin1', written));
      await new Promise(setImmediate);
    }
    if (/connection: close/i.test(answer)) socket.end();
  });
  await using gateway = await startProxyTo(upstream);
  return await sendRaw(gateway.url, rawRequest('GET /odd HTTP/1.1', []), { until: 'close' });
}

describe('a response that nginx or Go would accept is no 502', () => {
  test.each(TAKEN.map(([what, answer, header]) => ({ what, answer, header })))('$what', async (given) => {
    const { answer, header } = given;
    for (const pieces of [1, answer.length]) {
      const { status, headers, body } = await receive(answer, pieces);
      expect({ status, body }).toEqual({ status: 200, body: 'fine' });
      if (header !== undefined) expect(headers.map((line) => line.join(': '))).toContain(header);
    }
  });

  test('also during an upload, and the connection is kept', async () => {
    await using upstream = await startRawServer((socket, head) => {
      const answer = head.includes(' /odd ') ? '200 OK' : '404 No';
      socket.write(`HTTP/1.1 100 Continue\n\nHTTP/1.1 ${answer}\nX-A : b\n${BODY}`);
    });
    await using gateway = await startProxyTo(upstream);
    for (let i = 0; i < 3; i++) {
      const answer = await sendRaw(gateway.url, rawRequest('POST /odd HTTP/1.1', [], 'a body'));
      expect(answer).toMatchObject({ status: 200, body: 'fine' });
    }
  });

  test('a response to HEAD has no body, with any head', async () => {
    await using upstream = await startRawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\nServer : x\nContent-Length: 400\n\n');
    });
    await using gateway = await startProxyTo(upstream);
    const answer = await sendRaw(gateway.url, rawRequest('HEAD /odd HTTP/1.1', []), { until: 'close' });
    expect(answer).toMatchObject({ status: 200, body: '' });
  });
});

describe('a response with an ambiguous end is a 502', () => {
  test.each(REFUSED)('%s', async (_, answer) => {
    const { status, body } = await receive(answer, 1);
    expect(body).not.toContain('fine');
    // If the head looks valid, it may already be sent: the client sees an aborted response.
    expect(answer.includes('4\nfine') ? [200, 502] : [502]).toContain(status);
  });
});
