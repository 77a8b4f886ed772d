import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { startProxyTo, startUpstream } from './proxy-stage.ts';

const NOISE = `pad=${randomBytes(150_000).toString('hex')}&`;
const REDEMPTION = 'grant_type=authorization_code&code=c&client_id=app';

/** In chunks of a size. */
const chunked = (body: Buffer, size: number) => {
  const chunks: string[] = [];
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.toString('latin1', at, at + size);
    chunks.push(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
  }
  return `${chunks.join('')}0\r\n\r\n`;
};

const ENCODINGS: Record<string, (body: string) => Buffer> = { identity: Buffer.from, gzip: gzipSync };
const FRAMINGS: Record<string, (body: Buffer) => readonly [header: string, body: string]> = {
  'of known length': (body) => [`Content-Length: ${body.length}`, body.toString('latin1')],
  'in one chunk': (body) => ['Transfer-Encoding: chunked', chunked(body, body.length)],
  'in many chunks': (body) => ['Transfer-Encoding: chunked', chunked(body, 5_000)],
};
const BODIES: Record<string, string> = {
  'at its end': NOISE + REDEMPTION,
  'at its beginning': `${REDEMPTION}&${NOISE}`,
  'and is small': REDEMPTION,
};
const CASES = Object.entries(ENCODINGS).flatMap(([coding, encode]) =>
  Object.entries(FRAMINGS).flatMap(([framing, frame]) =>
    Object.entries(BODIES).map(([where, body]) => ({ coding, framing, where, body, encode, frame })),
  ),
);

/** What of an upload, at a path that is nobody's, arrives whole. */
async function upload(gatewayUrl: string, coding: string, [framing, body]: readonly [string, string]) {
  const headers = [framing, `Content-Encoding: ${coding}`, 'Connection: close'];
  return sendRaw(gatewayUrl, rawRequest('POST /upload HTTP/1.1', headers, body), { until: 'close' });
}

test.each(CASES)(
  'an upload $framing ($coding) that redeems a code $where does not arrive whole',
  async (given) => {
    const whole: number[] = [];
    await using upstream = await startUpstream((req, res) => {
      let size = 0;
      req.on('error', () => {});
      req.on('data', (chunk: Buffer) => {
        size += chunk.length;
      });
      req.on('end', () => {
        whole.push(size);
        res.end('received');
      });
    });
    await using gateway = await startProxyTo(upstream);
    const { coding, encode, frame, body } = given;
    const answer = await upload(gateway.url, coding, frame(encode(body)));
    expect(answer.status).toBe(400);
    expect(whole).toEqual([]);

    // What only looks like it arrives, to the last octet.
    const harmless = encode(body.replace('authorization_code', 'authorization_cod'));
    expect((await upload(gateway.url, coding, frame(harmless))).status).toBe(200);
    expect(whole).toEqual([harmless.length]);
  },
);
