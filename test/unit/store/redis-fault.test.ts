import { ReplyError } from 'ioredis';
import { expect, test } from 'vitest';
import { redisErrorCode, redisFault } from '../../../src/store/redis-fault.ts';

test.each([
  ['LOADING Redis is loading the dataset in memory', 'store_unreachable'],
  ["READONLY You can't write against a read only replica.", 'store_unreachable'],
  ['CLUSTERDOWN The cluster is down', 'store_unreachable'],
  ['MASTERDOWN Link with MASTER is down', 'store_unreachable'],
  ['BUSY Redis is busy running a script.', 'store_unreachable'],
  ['NOAUTH Authentication required.', 'store_unreachable'],
  ['WRONGPASS invalid username-password pair', 'store_unreachable'],
  ['OOM command not allowed when used memory > maxmemory.', 'store_full'],
  ['MOVED 3999 127.0.0.1:6381', 'store_error'],
  ['NOPERM this user has no permissions', 'store_error'],
  ['WRONGTYPE Operation against a key', 'store_error'],
  ['ERR unknown command', 'store_error'],
  ['a reply against the convention', 'store_error'],
])('%s is %s', (message, code) => {
  expect(redisFault(new ReplyError(message), undefined)).toMatchObject({ code, name: 'StoreFault' });
});

test.each([
  [Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:6379'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  [new Error('Connection is closed.'), undefined],
  [Object.assign(new Error('x'), { code: 'redis://:secret@host' }), undefined],
  [Object.assign(new Error('x'), { code: 5 }), undefined],
  ['no error at all', undefined],
])('any other error is a lost connection: %s', (error, code) => {
  expect(redisErrorCode(error)).toBe(code);
  const fault = redisFault(error, 'ECONNRESET');
  expect(fault.code).toBe('store_unreachable');
  // If the error has no code, the reason of the last disconnection is used.
  expect(fault.cause).toMatchObject({ code: code ?? 'ECONNRESET' });
  expect(fault.message).toContain(code ?? 'ECONNRESET');
  expect(`${fault.message} ${String(fault.cause)}`).not.toMatch(/10\.0\.0\.1|secret/);
});

test('the arguments of a command are never passed on', () => {
  const error = Object.assign(
    new ReplyError("ERR unknown command 'AUTH', with args beginning with: 'secret'"),
    { command: { name: 'auth', args: ['secret'] } },
  );
  const fault = redisFault(error, undefined);
  expect(JSON.stringify([fault, fault.message, fault.cause, String(fault.cause)])).not.toContain('secret');
});
