import { expect, test } from 'vitest';
import { parseRedisUrl } from '../../../src/config/schema/redis-url.ts';

const NO_MORE = { username: undefined, password: undefined, database: undefined };

test.each([
  ['redis://localhost', { target: { host: 'localhost', port: 6379, tls: false }, ...NO_MORE }],
  [
    'redis://10.0.0.1:7000/2',
    { target: { host: '10.0.0.1', port: 7000, tls: false }, ...NO_MORE, database: 2 },
  ],
  ['redis://[::1]:7000/', { target: { host: '::1', port: 7000, tls: false }, ...NO_MORE }],
  [
    'rediss://me:p%40ss%3A@redis.example.com:6380/15',
    {
      target: { host: 'redis.example.com', port: 6380, tls: true },
      ...{ username: 'me', password: 'p@ss:' },
      database: 15,
    },
  ],
  [
    'redis://:secret@localhost',
    { target: { host: 'localhost', port: 6379, tls: false }, ...NO_MORE, password: 'secret' },
  ],
  ['/run/redis/redis.sock', { target: { path: '/run/redis/redis.sock' }, ...NO_MORE }],
  ['/run/redis%20a/ü.sock', { target: { path: '/run/redis a/ü.sock' }, ...NO_MORE }],
  ['redis+unix:///run/redis.sock', { target: { path: '/run/redis.sock' }, ...NO_MORE }],
])('%s', (url, address) => {
  expect(parseRedisUrl(url)).toEqual({ value: address });
});

const FORM = 'must be redis://host:port/database, rediss://… or the path of a Unix socket';
const DATABASE = 'its path must be the number of the database, such as /0';

test.each([
  ['', FORM],
  ['localhost:6379', FORM],
  ['http://localhost', FORM],
  ['redis://', FORM],
  ['redis:///0', FORM],
  ['redis://:hunter2', FORM],
  ['redis://localhost:99999', FORM],
  ['redis://localhost:0', FORM],
  ['redis://localhost/name', DATABASE],
  ['redis://localhost/-1', DATABASE],
  ['redis://localhost/0?enableOfflineQueue=true', 'must not have a query or a fragment'],
  ['redis://a:%E0%A4%A@localhost', FORM],
  ['redis+unix://host/path', FORM],
  ['redis+unix:///', FORM],
  ['redis+unix:///run/redis.sock?db=x', FORM],
])('%j is not an address of Redis', (url, problem) => {
  expect(parseRedisUrl(url)).toEqual({ problem });
});
