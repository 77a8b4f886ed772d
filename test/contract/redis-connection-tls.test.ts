import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { TlsFiles } from '../../src/config/config.ts';
import { createFlowStore } from '../../src/flow/create-flow-store.ts';
import { flowKey } from '../../src/flow/keys.ts';
import { findFreePort, type RedisServer, startRedis } from '../support/redis-server.ts';
import { sampleFlow } from '../support/sample-flow.ts';
import { openRedisStore, redisConfig } from './flow-store-adapters.ts';

let directory: string;
let server: RedisServer;
let port: number;
/** The server's certificate is its own authority, and does for a client certificate as well. */
let tls: TlsFiles;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-tls-'));
  const cert = join(directory, 'cert.pem');
  const key = join(directory, 'key.pem');
  const subject = [
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
    '-days',
    '2',
    '-nodes',
  ];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  await promisify(execFile)('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', cert]);
  tls = {
    ca: await readFile(cert, 'utf8'),
    cert: await readFile(cert, 'utf8'),
    key: await readFile(key, 'utf8'),
  };
  port = await findFreePort();
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
  server = await startRedis({ args: ['--bind', '127.0.0.1', '--tls-port', String(port), ...files] });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

test.each(['rediss', 'redis'])('with certificates, %s:// is TLS', async (scheme) => {
  await using store = await openRedisStore(server, { url: `${scheme}://localhost:${port}`, tls });
  expect(await store.saveFlow(flowKey('corp', scheme), sampleFlow(), 60_000)).toBe(true);
});

test.each([
  ['a certificate of an unknown authority', 'localhost', { ca: undefined, cert: undefined, key: undefined }],
  ['another name', '127.0.0.1', undefined],
])('%s is not trusted', async (_, host, files) => {
  const onStateChange = vi.fn();
  const config = redisConfig(server, { url: `rediss://${host}:${port}`, tls: files ?? tls });
  await using store = createFlowStore(config, { onStateChange });
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

test('a certificate that is none is found at once', () => {
  const broken = { ca: undefined, cert: 'none', key: 'none' };
  expect(() =>
    createFlowStore(redisConfig(server, { url: `rediss://localhost:${port}`, tls: broken })),
  ).toThrow();
});
