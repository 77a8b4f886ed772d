import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { startProxyTo, startUpstream } from './proxy-stage.ts';

const NOISE = `pad=${randomBytes(150_000).toString('hex')}&`;
const REDEMPTION = 'grant_type=authorization_code&code=c&client_id=app';

/** Splits a text into chunks of this size. */
const chunked = (body: Buffer, size: number) => {
  const chunks: string[] = [];
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.toString('latin1', at, at + size);
    chunks.push(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
  }
  return `${chunks.join('')}0\r\n\r\n`;
};

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
/** Content types in which some server reads parameters. */
const TYPES: Record<string, readonly string[]> = {
  'a form': ['Content-Type: application/x-www-form-urlencoded'],
  'no type': [],
};

/** An upload at a path that is no endpoint. */
async function upload(gatewayUrl: string, headers: readonly string[], body: string) {
  const request = rawRequest('POST /upload HTTP/1.1', [...headers, 'Connection: close'], body);
  return sendRaw(gatewayUrl, request, { until: 'close' });
}

/** A server that reports the sizes of complete bodies. */
async function startReceiver() {
  const whole: number[] = [];
  const upstream = await startUpstream((req, res) => {
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
  return { upstream, whole, [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose]() };
}

describe.each(Object.entries(TYPES))('an upload of %s', (_, type) => {
  const CASES = Object.entries(FRAMINGS).flatMap(([framing, frame]) =>
    Object.entries(BODIES).map(([where, body]) => ({ framing, where, body, frame })),
  );

  test.each(CASES)(
    '$framing that redeems a code $where does not arrive completely',
    async ({ frame, body }) => {
      await using receiver = await startReceiver();
      await using gateway = await startProxyTo(receiver.upstream);
      const [framing, sent] = frame(Buffer.from(body));
      expect((await upload(gateway.url, [framing, ...type], sent)).status).toBe(400);
      expect(receiver.whole).toEqual([]);

      // A body that only resembles a redemption arrives completely.
      const harmless = Buffer.from(body.replace('grant_type', 'grant_typ'));
      const [itsFraming, itsText] = frame(harmless);
      expect((await upload(gateway.url, [itsFraming, ...type], itsText)).status).toBe(200);
      expect(receiver.whole).toEqual([harmless.length]);
    },
  );

  test('in gzip, which is not read and could redeem a code, is refused if codes are bare', async () => {
    await using receiver = await startReceiver();
    const body = gzipSync(REDEMPTION);
    const headers = [`Content-Length: ${body.length}`, ...type, 'Content-Encoding: gzip'];
    await using bare = await startProxyTo(receiver.upstream, {
      issuer: 'unlisted_clients: {wrap_codes: false}',
    });
    expect((await upload(bare.url, headers, body.toString('latin1'))).status).toBe(415);
    expect(receiver.whole).toEqual([]);

    // A wrapped code that the gateway did not read is worthless at the server.
    await using wrapped = await startProxyTo(receiver.upstream, {
      issuer: 'unlisted_clients: {wrap_codes: true}',
    });
    expect((await upload(wrapped.url, headers, body.toString('latin1'))).status).toBe(200);
    expect(receiver.whole).toEqual([body.length]);
  });
});

// Uploads in gzip are common, and no server reads parameters in these types.
test.each(['application/octet-stream', 'image/png', 'application/xml', 'application/zip'])(
  'an upload of %s in gzip arrives, even if codes are bare',
  async (type) => {
    await using receiver = await startReceiver();
    await using gateway = await startProxyTo(receiver.upstream, {
      issuer: 'unlisted_clients: {wrap_codes: false}',
    });
    const body = gzipSync(REDEMPTION);
    const headers = [`Content-Length: ${body.length}`, `Content-Type: ${type}`, 'Content-Encoding: gzip'];
    expect((await upload(gateway.url, headers, body.toString('latin1'))).status).toBe(200);
    expect(receiver.whole).toEqual([body.length]);
  },
);
