import { expect, test } from 'vitest';
import { parseRedisUrl } from '../../../src/store/redis-url.ts';

const nobody = { username: undefined, password: undefined };

test.each([
  ['redis://localhost', { target: { host: 'localhost', port: 6379, tls: false }, ...nobody, database: 0 }],
  [
    'redis://10.0.0.1:7000/2',
    { target: { host: '10.0.0.1', port: 7000, tls: false }, ...nobody, database: 2 },
  ],
  ['redis://[::1]:7000/', { target: { host: '::1', port: 7000, tls: false }, ...nobody, database: 0 }],
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
    { target: { host: 'localhost', port: 6379, tls: false }, ...nobody, password: 'secret', database: 0 },
  ],
  ['/run/redis/redis.sock', { target: { path: '/run/redis/redis.sock' }, ...nobody, database: 0 }],
  ['/run/redis a/ü.sock', { target: { path: '/run/redis a/ü.sock' }, ...nobody, database: 0 }],
  ['unix:///run/redis.sock', { target: { path: '/run/redis.sock' }, ...nobody, database: 0 }],
  ['redis+unix:///run/redis.sock?db=3', { target: { path: '/run/redis.sock' }, ...nobody, database: 3 }],
])('%s', (url, address) => {
  expect(parseRedisUrl(url)).toEqual(address);
});

test.each([
  '',
  'localhost:6379',
  'http://localhost',
  'redis://',
  'redis:///0',
  'redis://localhost:99999',
  'redis://localhost/name',
  'redis://localhost/-1',
  'redis://localhost/0?enableOfflineQueue=true',
  'redis://a:%E0%A4%A@localhost',
  'redis+unix://host/path',
  'redis+unix:///',
  'redis+unix:///run/redis.sock?db=x',
])('%j is not an address of Redis', (url) => {
  expect(parseRedisUrl(url)).toBeUndefined();
});
