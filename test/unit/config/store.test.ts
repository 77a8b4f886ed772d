import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { configOf, issuerWith, problemLines } from './problem-lines.ts';

describe('the location of Redis', () => {
  const redisOf = async (redis: string) => {
    const text = `store: {kind: redis, redis: {${redis}}}\n${issuerWith()}`;
    const { store } = configOf(await parseConfig(text, 'g.yaml', { env: { PW: 'pw' } }));
    return store.kind === 'redis' ? store.redis : undefined;
  };

  it('may be nodes of a cluster', async () => {
    expect(await redisOf('cluster: [Redis-0.internal:6379, "[::1]:7000"], tls: {}')).toMatchObject({
      cluster: [
        { host: 'redis-0.internal', port: 6379 },
        { host: '::1', port: 7000 },
      ],
      tls: {},
    });
  });

  it('may be sentinels, with their own credentials', async () => {
    const sentinel = 'sentinel: {name: mymaster, nodes: [s-0:26379], username: s, password: {from_env: PW}}';
    expect(await redisOf(`${sentinel}, username: u, database: 3`)).toEqual({
      sentinel: {
        name: 'mymaster',
        nodes: [{ host: 's-0', port: 26_379 }],
        username: 's',
        password: 'pw',
      },
      username: 'u',
      password: undefined,
      database: 3,
      tls: undefined,
      prefix: 'pkce-gateway:',
      timeout: 500,
    });
  });
});

describe('problems', () => {
  const redis = (settings: string, column: number, key: string, message: string) => ({
    settings,
    text: `store: {kind: redis, redis: {${settings}}}\n${issuerWith()}`,
    line: `g.yaml:1:${column} store.redis.${key}: ${message}`,
  });
  const node = 'must be host:port, such as redis-0.internal:6379';
  const twice = 'gives the location of Redis, and so does `url`: remove one of them';
  const cases = [
    redis('cluster: []', 39, 'cluster', 'must not be empty'),
    redis('cluster: a:1', 39, 'cluster', 'must be a list, not text: put it in brackets: [a, b]'),
    redis('cluster: [a]', 40, 'cluster[0]', node),
    redis('cluster: ["a:0"]', 40, 'cluster[0]', node),
    redis('cluster: ["redis://a:1"]', 40, 'cluster[0]', node),
    redis('cluster: ["a:1"], database: 1', 58, 'database', 'a cluster has only database 0'),
    redis('url: redis://h, cluster: ["a:1"]', 46, 'cluster', twice),
    redis('url: redis://h, sentinel: {name: m, nodes: ["a:1"]}', 46, 'sentinel', twice),
    redis('sentinel: {nodes: ["a:1"]}', 30, 'sentinel.name', 'is required'),
    redis('sentinel: {name: m}', 30, 'sentinel.nodes', 'is required'),
    redis('sentinel: {name: m, nodes: []}', 57, 'sentinel.nodes', 'must not be empty'),
    redis('sentinel: {name: m, nodes: ["a:1"], master: x}', 66, 'sentinel.master', 'unknown key'),
    redis(
      'url: redis://h/2, database: 2',
      35,
      'url',
      'names a database, and so does the key `database`: remove one of them',
    ),
    redis('url: redis://h, database: -1', 56, 'database', 'must be at least 0'),
  ];
  it.each(cases)('$settings', async ({ text, line }) => {
    expect(await problemLines(text)).toEqual([line]);
  });
});
