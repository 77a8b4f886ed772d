import { afterEach, expect, test, vi } from 'vitest';
import { KeyedFlowStore } from '../../../src/store/keyed-flow-store.ts';
import { RedisRecordStore } from '../../../src/store/record-store-redis.ts';
import { RedisConnection } from '../../../src/store/redis-connection.ts';
import { createCertificate } from '../../support/redis-certificate.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { sampleClaim, sampleCode, UPSTREAM } from '../../support/sample-login.ts';
import { redisConfig, untilReachable } from './adapters.ts';
import { finishLogin } from './interrupted-logins.ts';
import { CODE, claim, faultOf } from './store-operations.ts';

let cleanup = new AsyncDisposableStack();
afterEach(async () => {
  await cleanup.disposeAsync();
  cleanup = new AsyncDisposableStack();
});

async function open(config: Parameters<typeof redisConfig>) {
  const onStateChange = vi.fn();
  const connection = new RedisConnection(redisConfig(...config), onStateChange);
  const store = cleanup.use(new KeyedFlowStore(new RedisRecordStore(connection, 'pkce-gateway:')));
  return { connection, store, onStateChange };
}

/** The names of the gateway's connections, by their id in Redis. */
async function connectionsTo(server: RedisServer): Promise<readonly string[]> {
  const list = String(await server.call('CLIENT', 'LIST'));
  return list.split('\n').filter((client) => client.includes('name=pkce-gateway '));
}

test('another user and password replace the old ones, and no login fails', async () => {
  const users = ['one', 'two'].flatMap((name) => ['--user', name, 'on', `>${name}-p4ss`, '~*', '+@all']);
  const server = cleanup.use(await startRedis({ args: users }));
  const as = (username: string): Parameters<typeof redisConfig> => [
    { url: server.url },
    { username, password: `${username}-p4ss` },
  ];
  const { connection, store, onStateChange } = await open(as('one'));
  await untilReachable(store);

  let over = false;
  const logins = (async () => {
    const seen = new Set<string>();
    for (let index = 0; !over; index += 1) seen.add(await finishLogin(store, `login-${index}`));
    return seen;
  })();
  await connection.renew(redisConfig(...as('two')));
  await vi.waitFor(async () => {
    const clients = await connectionsTo(server);
    expect(clients).toEqual([expect.stringContaining('user=two ')]);
  }, 5_000);
  await server.call('ACL', 'DELUSER', 'one');
  expect(await finishLogin(store, 'after the old user')).toBe('claimed');
  over = true;
  expect(await logins).toEqual(new Set(['claimed']));
  expect(onStateChange.mock.calls).toEqual([['ready', undefined]]);
});

test('a wrong password changes nothing, and is reported', async () => {
  const server = cleanup.use(await startRedis({ args: ['--requirepass', 'right'], password: 'right' }));
  const { connection, store, onStateChange } = await open([{ url: server.url }, { password: 'right' }]);
  await untilReachable(store);
  const wrong = redisConfig({ url: server.url }, { password: 'wrong' });
  await expect(connection.renew(wrong)).rejects.toMatchObject({
    message: expect.stringContaining('WRONGPASS'),
  });
  await server.call('CLIENT', 'KILL', 'TYPE', 'normal');
  await untilReachable(store);
  expect(await finishLogin(store, 'before')).toBe('claimed');

  // A discarded attempt does not reconnect.
  await connection.renew(redisConfig({ url: server.url }, { password: 'right' }));
  await vi.waitFor(async () => expect(await connectionsTo(server)).toHaveLength(1), 5_000);
  expect(await finishLogin(store, 'after')).toBe('claimed');
  expect(onStateChange.mock.calls.flat()).not.toContain('WRONGPASS');
});

test('if the old password is refused, the new one is used', async () => {
  const server = cleanup.use(await startRedis({ args: ['--requirepass', 'old'], password: 'new' }));
  const { connection, store, onStateChange } = await open([{ url: server.url }, { password: 'wrong' }]);
  await vi.waitFor(() => expect(onStateChange).toHaveBeenCalledWith('unreachable', 'WRONGPASS'), 5_000);
  await connection.renew(redisConfig({ url: server.url }, { password: 'old' }));
  expect(await finishLogin(store, 'next')).toBe('claimed');
  expect(onStateChange.mock.lastCall).toEqual(['ready', undefined]);
});

test('a release that waits for Redis under the old password is sent under the new one', async () => {
  const user = ['--user', 'one', 'on', '>old', '~*', '+@all'];
  const server = cleanup.use(await startRedis({ args: user }));
  const by = (password: string): Parameters<typeof redisConfig> => [
    { url: server.url },
    { username: 'one', password },
  ];
  const { connection, store, onStateChange } = await open(by('old'));
  await untilReachable(store);
  await store.bindCode(sampleCode());
  const request = sampleClaim();
  expect((await store.claimCode(UPSTREAM, CODE, request)).outcome).toBe('claimed');
  await server.call('ACL', 'SETUSER', 'one', 'resetpass', '>new');
  await server.call('CLIENT', 'KILL', 'USER', 'one');
  await vi.waitFor(() => expect(onStateChange).toHaveBeenCalledWith('unreachable', 'WRONGPASS'), 5_000);
  await faultOf(store.releaseClaim(UPSTREAM, CODE, request.claimId));
  await connection.renew(redisConfig(...by('new')));
  expect(await claim(store)).toBe('claimed');
});

test('another CA replaces the old one, while the server changes its certificate', async () => {
  const [old, next] = [
    cleanup.use(await createCertificate('DNS:localhost')),
    cleanup.use(await createCertificate('DNS:localhost')),
  ];
  const server = cleanup.use(await startRedis({ tls: old.files }));
  const url = `rediss://localhost:${server.port}`;
  const { connection, store } = await open([{ url }, { tls: old.tls }]);
  await untilReachable(store);
  await server.call(
    ...(['CONFIG', 'SET', 'tls-cert-file', next.files.certFile, 'tls-key-file', next.files.keyFile] as const),
    ...(['tls-ca-cert-file', next.files.caFile] as const),
  );
  await connection.renew(redisConfig({ url }, { tls: next.tls }));
  await vi.waitFor(async () => expect(await connectionsTo(server)).toHaveLength(1), 5_000);
  await server.call('CLIENT', 'KILL', 'TYPE', 'normal');
  await untilReachable(store);
  expect(await finishLogin(store, 'next')).toBe('claimed');
});

test('an unusable certificate changes nothing, and is detected at once', async () => {
  const server = cleanup.use(await startRedis());
  const { connection, store } = await open([{ url: server.url }]);
  await untilReachable(store);
  const tls = { ca: undefined, cert: 'none', key: 'none' };
  expect(() => connection.renew(redisConfig({ url: 'rediss://localhost:1' }, { tls }))).toThrow();
  expect(await finishLogin(store, 'next')).toBe('claimed');
});
