import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { GatewayUnderTest } from '../support/gateway-under-test.ts';
import { send } from '../support/simple-client.ts';
import { startScriptedLegacyServer } from '../support/upstreams/scripted-legacy-server.ts';
import { startProxyTo, startUpstream } from './proxy-stage.ts';

const MiB = 1024 * 1024;
/** More than all buffers between client and upstream hold, including sockets. */
const BIG = 128 * MiB;
const CHUNK = Buffer.alloc(64 * 1024, 'x');

/** Waits until a count stays the same while other requests pass through the same gateway. */
async function untilStill(gateway: GatewayUnderTest, count: () => number): Promise<void> {
  let last = -1;
  for (let still = 0; still < 25; ) {
    expect((await send(`${gateway.url}/quick`)).status).toBe(200);
    still = count() === last ? still + 1 : 0;
    last = count();
  }
}

describe('an upload', () => {
  const HEADERS: readonly (readonly [what: string, headers: Record<string, string | number>])[] = [
    ['of unknown length', { 'content-type': 'application/octet-stream' }],
    ['of known length', { 'content-type': 'image/png', 'content-length': 100_000 }],
    ['without a type', {}],
    ['that could hold a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['in parts', { 'content-type': 'multipart/form-data; boundary=b', 'content-length': 100_000 }],
    ['in JSON', { 'content-type': 'application/json' }],
    ['with Expect', { 'content-type': 'application/octet-stream', expect: '100-continue' }],
  ];
  test.each(HEADERS)('%s is answered while it is still in progress', async (_, headers) => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startProxyTo(upstream);
    const upload = request(`${gateway.url}/echo`, { method: 'POST', headers });
    upload.write('the first, of several: ');
    const [answer] = (await once(upload, 'response')) as [IncomingMessage];
    const [first] = (await once(answer, 'data')) as [Buffer];
    // The possible beginning of a URL is buffered until its end.
    expect(first.toString()).toMatch(/^the first/);
    const rest = 'length' in headers ? '' : 'x'.repeat(100_000 - 'the first, of several: '.length);
    upload.end(rest);
    expect(first.toString() + (await text(answer))).toBe(`the first, of several: ${rest}`);
    expect(answer.complete).toBe(true);
  });

  test.each(['application/octet-stream', 'application/json'])(
    'of %s waits for an upstream that does not read',
    async (type) => {
      const reading = Promise.withResolvers<void>();
      await using upstream = await startUpstream(async (req, res) => {
        if (req.url === '/quick') return void res.end();
        await reading.promise;
        let size = 0;
        for await (const chunk of req) size += (chunk as Buffer).length;
        res.end(String(size));
      });
      await using gateway = await startProxyTo(upstream);
      const upload = request(`${gateway.url}/upload`, { method: 'POST', headers: { 'content-type': type } });
      let sent = 0;
      const sending = (async () => {
        for (; sent < BIG; sent += CHUNK.length) if (!upload.write(CHUNK)) await once(upload, 'drain');
        upload.end();
      })();
      await untilStill(gateway, () => sent);
      expect(sent).toBeLessThan(BIG);
      reading.resolve();
      await sending;
      const [answer] = (await once(upload, 'response')) as [IncomingMessage];
      expect(await text(answer)).toBe(String(BIG));
    },
  );

  test('with Expect: 100-continue gets the 100 from the gateway, and the upstream sees no Expect', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startProxyTo(upstream);
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write('PUT /inspect HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
    const [interim] = (await once(socket, 'data')) as [Buffer];
    expect(interim.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('body');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 200 /);
    socket.destroy();
    const [inspected] = upstream.requests.to('/inspect');
    expect(inspected?.body).toBe('body');
    expect(inspected?.headers).not.toHaveProperty('expect');
  });
});

describe('a download', () => {
  test('of any size arrives completely', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startProxyTo(upstream);
    const download = request(`${gateway.url}/stream?bytes=${BIG + 1}`).end();
    const [answer] = (await once(download, 'response')) as [IncomingMessage];
    expect(answer.headers['content-length']).toBe(String(BIG + 1));
    let size = 0;
    for await (const chunk of answer) size += (chunk as Buffer).length;
    expect(size).toBe(BIG + 1);
  });

  test('waits for a client that does not read', async () => {
    let sent = 0;
    await using upstream = await startUpstream(async (req, res) => {
      if (req.url === '/quick') return void res.end();
      for (; sent < BIG; sent += CHUNK.length) if (!res.write(CHUNK)) await once(res, 'drain');
      res.end();
    });
    await using gateway = await startProxyTo(upstream);
    const download = request(`${gateway.url}/download`).end();
    const [answer] = (await once(download, 'response')) as [IncomingMessage];
    await untilStill(gateway, () => sent);
    expect(sent).toBeLessThan(BIG);
    let size = 0;
    for await (const chunk of answer) size += (chunk as Buffer).length;
    expect(size).toBe(BIG);
  });

  test('has its head before its body begins', async () => {
    const begin = Promise.withResolvers<void>();
    await using upstream = await startUpstream(async (_req, res) => {
      res.writeHead(200, { 'content-type': 'application/octet-stream' }).flushHeaders();
      await begin.promise;
      res.end('late');
    });
    await using gateway = await startProxyTo(upstream);
    const download = request(`${gateway.url}/slow`).end();
    const [answer] = (await once(download, 'response')) as [IncomingMessage];
    begin.resolve();
    expect(await text(answer)).toBe('late');
  });

  test('of events delivers each at once', async () => {
    await using upstream = await startScriptedLegacyServer();
    await using gateway = await startProxyTo(upstream);
    const events = request(`${gateway.url}/sse`, { headers: { 'accept-encoding': 'gzip' } }).end();
    const [answer] = (await once(events, 'response')) as [IncomingMessage];
    expect(answer.headers['content-type']).toBe('text/event-stream');
    const next = async () => String((await once(answer, 'data'))[0]);
    expect(await next()).toBe('data: hello\n\n');
    for (const data of ['one', 'two', 'three']) {
      upstream.sendEvent(data);
      expect(await next()).toBe(`data: ${data}\n\n`);
    }
    events.destroy();
  });
});

describe('a client that disconnects', () => {
  const WHEN = {
    'before the head of the answer': { path: '/silent', method: 'GET' },
    'in the middle of the answer': { path: '/talking', method: 'GET' },
    'in the middle of its upload': { path: '/silent', method: 'POST' },
  };
  test.each(Object.entries(WHEN))('%s ends its upstream request too', async (_, { path, method }) => {
    const arrived = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<boolean>();
    await using upstream = await startUpstream((req, res) => {
      req.resume();
      req.on('error', () => {});
      res.once('close', () => gone.resolve(res.writableFinished));
      if (req.url === '/talking') res.writeHead(200).write('and then');
      arrived.resolve();
    });
    await using gateway = await startProxyTo(upstream);
    const asked = request(`${gateway.url}${path}`, { method, agent: false });
    asked.on('error', () => {});
    if (method === 'POST') asked.write('beginning');
    else asked.end();
    await arrived.promise;
    if (path === '/talking') await once(asked, 'response');
    asked.destroy();
    expect(await gone.promise).toBe(false);

    const inFlight = async () => (await gateway.metrics()).value('requests_in_flight');
    await expect.poll(inFlight).toBe(0);
    // The upstream is not at fault.
    expect((await gateway.metrics()).value('upstream_errors_total')).toBe(0);
    expect(gateway.logLines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
