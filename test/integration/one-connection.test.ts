import { describe, expect, test } from 'vitest';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { REDIRECT_URI, Stage } from './stage.ts';

const ORIGIN = new URL(REDIRECT_URI).origin;

describe('after a response of the gateway itself, the connection serves further requests', () => {
  const FIRST: readonly (readonly [what: string, status: number, request: string])[] = [
    [
      'a refused sign-in',
      400,
      rawRequest('GET /oauth2/authorize?client_id=x HTTP/1.1', ['Connection: keep-alive']),
    ],
    ['an ambiguous target', 400, rawRequest('GET /a\\b HTTP/1.1', ['Connection: keep-alive'])],
    [
      'a preflight',
      204,
      rawRequest('OPTIONS /oauth2/token HTTP/1.1', [
        'Connection: keep-alive',
        `Origin: ${ORIGIN}`,
        'Access-Control-Request-Method: POST',
      ]),
    ],
    [
      'a method that is not for it',
      405,
      rawRequest('DELETE /oauth2/token HTTP/1.1', ['Connection: keep-alive']),
    ],
  ];
  test.each(FIRST)('%s: %i', async (_, status, first) => {
    await using stage = await Stage.open();
    const second = rawRequest('POST /oauth2/token HTTP/1.1', ['Content-Type: text/plain'], 'no form');
    const { raw } = await sendRaw(stage.gateway.url, first + second, { until: 'close' });
    const statuses = [...raw.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, code]) => Number(code));
    expect(statuses).toEqual([status, 415]);
  });
});
