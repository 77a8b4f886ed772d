import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createCertificate, type TestCertificate } from '../../support/redis-certificate.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { createStore, openRedisStore, redisConfig } from './adapters.ts';
import { saveFlow } from './store-operations.ts';

let certificate: TestCertificate;
let server: RedisServer;

beforeAll(async () => {
  certificate = await createCertificate('DNS:localhost');
  server = await startRedis({ tls: certificate.files });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await certificate[Symbol.asyncDispose]();
});

test.each(['rediss', 'redis'])('with certificates, %s:// uses TLS', async (scheme) => {
  const url = `${scheme}://localhost:${server.port}`;
  await using store = await openRedisStore({ url }, { tls: certificate.tls });
  await saveFlow(store);
});

test.each([
  ['a certificate of an unknown authority', 'localhost', { ca: undefined, cert: undefined, key: undefined }],
  ['another name', '127.0.0.1', undefined],
])('%s is not trusted', async (_, host, files) => {
  const onStateChange = vi.fn();
  const url = `rediss://${host}:${server.port}`;
  const config = redisConfig({ url }, { tls: files ?? certificate.tls });
  await using store = createStore(config, onStateChange);
  await vi.waitFor(
    () =>
      expect(onStateChange).toHaveBeenCalledWith(
        'unreachable',
        expect.stringMatching(/^(DEPTH_ZERO_SELF_SIGNED_CERT|ERR_TLS_CERT_ALTNAME_INVALID)$/),
      ),
    5_000,
  );
  await expect(store.ping()).rejects.toMatchObject({ code: 'store_unreachable' });
});

test('an invalid certificate is detected at once', () => {
  const tls = { ca: undefined, cert: 'none', key: 'none' };
  const url = `rediss://localhost:${server.port}`;
  expect(() => createStore(redisConfig({ url }, { tls }))).toThrow();
});
