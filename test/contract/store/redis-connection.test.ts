import { inspect } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { MAX_UNSETTLED } from '../../../src/store/redis-link.ts';
import { type RedisServer, type RedisServerOptions, startRedis } from '../../support/redis-server.ts';
import { sampleCode } from '../../support/sample-login.ts';
import { createStore, openRedisStore, redisConfig, untilReachable } from './adapters.ts';
import { claim, everyFault, everyOperation, faultOf, saveFlow } from './store-operations.ts';

const SECRET = 'p4ss:w0rd/with@signs';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

function track<Resource extends AsyncDisposable>(resource: Resource): Resource {
  open.push(resource);
  return resource;
}

async function start(options?: RedisServerOptions): Promise<RedisServer> {
  return track(await startRedis(options));
}

describe('while Redis is unreachable', () => {
  test('a store opens, faults at once, and recovers by itself', async () => {
    const server = await start({ port: true });
    await server.stop();
    const onStateChange = vi.fn();
    const store = track(createStore(redisConfig(server), onStateChange));
    await vi.waitFor(() => expect(onStateChange).toHaveBeenCalledWith('unreachable', 'ECONNREFUSED'), 5_000);
    for (const { code } of await everyFault(store)) expect(code).toBe('store_unreachable');

    await server.start();
    await untilReachable(store);
    await saveFlow(store);
    expect(onStateChange.mock.calls.at(-1)).toEqual(['ready', undefined]);
  });

  test('the store recovers from a restart', async () => {
    const server = await start();
    const onStateChange = vi.fn();
    const store = track(await openRedisStore(server, {}, onStateChange));
    await store.bindCode(sampleCode());
    expect(await claim(store)).toBe('claimed');
    await server.restart();
    await untilReachable(store);
    expect(await claim(store)).toBe('unknown');
    const states = onStateChange.mock.calls.map(([state]) => state);
    expect(states[0]).toBe('ready');
    expect(states).toContain('unreachable');
    expect(states.at(-1)).toBe('ready');
  });

  test('commands in flight fail when the connection breaks', async () => {
    const server = await start();
    const store = track(await openRedisStore(server, { timeout: 10_000 }));
    server.pause();
    const operations = everyOperation(store).map((operation) => faultOf(operation));
    await server.stop();
    for (const fault of await Promise.all(operations)) {
      expect(fault.code).toBe('store_unreachable');
      expect(fault.cause).toBeInstanceOf(Error);
    }
  });
});

describe('while Redis hangs', () => {
  test('every operation times out, later ones fault at once, until Redis continues', async () => {
    const server = await start();
    const onStateChange = vi.fn();
    const store = track(await openRedisStore(server, { timeout: 400 }, onStateChange));
    server.pause();
    for (const { code } of await Promise.all(everyOperation(store).map(faultOf))) {
      expect(code).toBe('store_timeout');
    }

    await vi.waitFor(() => expect(onStateChange).toHaveBeenCalledWith('unreachable', 'TIMEOUT'), 5_000);
    // The code of a fault at once; one that waited would be a timeout again.
    expect(await faultOf(store.ping())).toMatchObject({ code: 'store_unreachable' });

    server.resume();
    await untilReachable(store);
    expect(onStateChange.mock.calls.at(-1)).toEqual(['ready', undefined]);
  });

  test('after a pause of this process, arrived replies are read before commands time out', async () => {
    const server = await start();
    const store = track(await openRedisStore(server, { timeout: 300 }));
    await store.bindCode(sampleCode());
    const claimed = claim(store);
    // The command leaves with this turn of the event loop, and the next begins after the timeout.
    await new Promise(setImmediate);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
    expect(await claimed).toBe('claimed');
  });

  test('the number of commands in flight is limited', async () => {
    const server = await start();
    // Long enough for a busy machine to send all before the first one times out.
    const store = track(await openRedisStore(server, { timeout: 1_500 }));
    server.pause();
    const operations = Array.from({ length: MAX_UNSETTLED + 10 }, () => faultOf(store.ping()));
    for (const fault of await Promise.all(operations.slice(-10)))
      expect(fault.code).toBe('store_unreachable');
    for (const fault of await Promise.all(operations.slice(0, -10))) expect(fault.code).toBe('store_timeout');
    server.resume();
    await untilReachable(store);
  });

  test('disposal does not wait until Redis continues', async () => {
    const server = await start();
    const store = await openRedisStore(server, { timeout: 400 });
    server.pause();
    await store[Symbol.asyncDispose]();
  });
});

describe('a Redis that refuses commands', () => {
  test('the client leaves a replica and finds the new primary', async () => {
    const server = await start();
    const onStateChange = vi.fn();
    const store = track(await openRedisStore(server, {}, onStateChange));
    await server.call('REPLICAOF', '127.0.0.1', '1');
    // The first READONLY reply may be for the connection's own check: then the flow is never sent.
    expect(await faultOf(saveFlow(store))).toMatchObject({ code: 'store_unreachable' });
    await vi.waitFor(() => expect(onStateChange).toHaveBeenCalledWith('unreachable', 'READONLY'), 5_000);
    await server.call('REPLICAOF', 'NO', 'ONE');
    await untilReachable(store);
    await saveFlow(store);
  });

  test('a claim on a replica is a fault too', async () => {
    const server = await start();
    const store = track(await openRedisStore(server));
    await store.bindCode(sampleCode());
    await server.call('REPLICAOF', '127.0.0.1', '1');
    expect(await faultOf(claim(store))).toMatchObject({ code: 'store_unreachable' });
  });

  test('a Redis without memory is reported as full', async () => {
    const server = await start();
    const store = track(await openRedisStore(server));
    await server.call('CONFIG', 'SET', 'maxmemory', '1');
    expect(await faultOf(saveFlow(store))).toMatchObject({ code: 'store_full' });
    await server.call('CONFIG', 'SET', 'maxmemory', '0');
    await saveFlow(store);
  });

  test('any other refusal is an error that reveals nothing of the record', async () => {
    const server = await start();
    const store = track(await openRedisStore(server));
    await server.call('ACL', 'SETUSER', 'default', '-set');
    const fault = await faultOf(saveFlow(store));
    expect(fault).toMatchObject({ code: 'store_error', cause: { code: 'NOPERM' } });
    expect(inspect(fault, { depth: 10, showHidden: true })).not.toMatch(/spa-portal|flow:/);
  });
});

describe('the handshake', () => {
  test('a database that cannot be selected is a fault: nothing is written to database 0', async () => {
    const server = await start();
    const onStateChange = vi.fn();
    const store = track(createStore(redisConfig(server, { database: 99 }), onStateChange));
    for (const { code } of await everyFault(store)) expect(code).toBe('store_unreachable');
    await vi.waitFor(() => expect(onStateChange).toHaveBeenCalledWith('unreachable', 'ERR'), 5_000);
    expect(onStateChange.mock.calls.flat()).not.toContain('ready');
    expect(await server.dumpAll()).toEqual([]);
  });

  test('a Redis, or a proxy, without INFO, CLIENT, SELECT, AUTH and QUIT works', async () => {
    const unknown = ['INFO', 'CLIENT', 'SELECT', 'AUTH', 'QUIT', 'HELLO'].flatMap((command) => [
      '--rename-command',
      command,
      '',
    ]);
    const server = await start({ args: unknown });
    const store = await openRedisStore(server);
    await saveFlow(store);
    await store.bindCode(sampleCode());
    expect(await claim(store)).toBe('claimed');
    await store[Symbol.asyncDispose]();
  });
});

describe('credentials', () => {
  test.each([
    ['the configuration', (url: string) => ({ url, password: SECRET })],
    [
      'the URL',
      (url: string) => ({ url: url.replace('redis://', `redis://:${encodeURIComponent(SECRET)}@`) }),
    ],
    [
      'both: the configuration wins',
      (url: string) => ({ url: url.replace('//', '//:x@'), password: SECRET }),
    ],
    [
      'its own user',
      (url: string) => ({ url: url.replace('//', '//gateway@'), username: 'gateway', password: SECRET }),
    ],
  ])('a password from %s', async (_, config) => {
    const args = ['--requirepass', SECRET, '--user', 'gateway', 'on', `>${SECRET}`, '~*', '+@all'];
    const server = await start({ port: true, args, password: SECRET });
    const store = track(await openRedisStore(server, config(server.url)));
    await saveFlow(store);
  });

  test('a wrong password is a fault that does not reveal it', async () => {
    const server = await start({ port: true, args: ['--requirepass', 'right'] });
    const url = server.url.replace('redis://', `redis://:${encodeURIComponent(SECRET)}@`);
    const onStateChange = vi.fn();
    const store = track(createStore(redisConfig({ url }), onStateChange));
    await vi.waitFor(() => expect(onStateChange).toHaveBeenCalledWith('unreachable', 'WRONGPASS'), 5_000);
    const fault = await faultOf(store.ping());
    expect(fault).toMatchObject({ code: 'store_unreachable' });
    const told = inspect([fault, onStateChange.mock.calls], { depth: 10, showHidden: true });
    expect(told).not.toContain(SECRET);
    expect(told).not.toContain(encodeURIComponent(SECRET));
  });

  test('a missing password is a fault', async () => {
    const server = await start({ port: true, args: ['--requirepass', 'right'] });
    const onStateChange = vi.fn();
    const store = track(createStore(redisConfig(server), onStateChange));
    await vi.waitFor(() => expect(onStateChange).toHaveBeenCalledWith('unreachable', 'NOAUTH'), 5_000);
    expect(await faultOf(store.ping())).toMatchObject({ code: 'store_unreachable' });
  });
});

describe('disposal', () => {
  test('pending replies still arrive, and nothing after them', async () => {
    const server = await start();
    const store = await openRedisStore(server);
    const saved = saveFlow(store);
    await store[Symbol.asyncDispose]();
    await saved;
    expect(await faultOf(store.ping())).toMatchObject({ code: 'store_unreachable' });
    await store[Symbol.asyncDispose]();
  });

  test('no state is reported afterwards', async () => {
    const server = await start();
    const onStateChange = vi.fn();
    const store = await openRedisStore(server, {}, onStateChange);
    await store[Symbol.asyncDispose]();
    await server.stop();
    expect(onStateChange.mock.calls).toEqual([['ready', undefined]]);
  });

  test('it works while Redis is unreachable', async () => {
    const server = await start({ port: true });
    await server.stop();
    const store = createStore(redisConfig(server));
    await expect(store[Symbol.asyncDispose]()).resolves.toBeUndefined();
  });
});
