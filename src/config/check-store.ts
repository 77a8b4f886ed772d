import type { Findings } from './findings.ts';
import type { ValuePath } from './problem.ts';
import type { FileConfig } from './schema/gateway.ts';
import { valueAt } from './schema-walk.ts';
import type { ValidPart } from './valid-part.ts';

type RedisPart = NonNullable<NonNullable<ValidPart<FileConfig>['store']>['redis']>;

const REDIS = ['store', 'redis'] as const;
/** Each says where Redis is. */
const SERVERS = ['url', 'cluster', 'sentinel'] as const;

export function checkStore(
  { store, workers }: ValidPart<FileConfig>,
  raw: unknown,
  findings: Findings,
): void {
  const redis = store?.redis;
  if (store?.kind === 'memory' && workers !== undefined && workers !== 1) {
    findings.problem(
      ['workers'],
      'more than 1 needs `store.kind: redis`: in memory, each process would know its own logins only',
    );
  }
  if (store?.kind === 'sealed') {
    findings.problem(['store', 'kind'], '`sealed` is not available yet: use memory or redis');
  }
  if (store?.kind === 'redis') checkServers(raw, findings);
  if (redis === undefined) return;
  if (store?.kind === 'memory') findings.warning(REDIS, 'has no effect: `store.kind` is memory');
  for (const path of [
    [...REDIS, 'password'],
    [...REDIS, 'sentinel', 'password'],
  ]) {
    if (typeof valueAt(raw, path) === 'string') {
      findings.warning(path, 'a secret in clear: write {from_env: NAME} or {from_file: PATH}');
    }
  }
  checkUrl(redis, raw, findings);
  if ('cluster' in redis && redis.database !== undefined && redis.database !== 0) {
    findings.problem([...REDIS, 'database'], 'a cluster has database 0 only');
  }
}

function checkServers(raw: unknown, findings: Findings): void {
  const pathOf = (key: (typeof SERVERS)[number]): ValuePath => [...REDIS, key];
  const [first, ...others] = SERVERS.filter((key) => valueAt(raw, pathOf(key)) !== undefined);
  if (first === undefined) {
    findings.problem(pathOf('url'), 'is required for `kind: redis`, or `cluster` or `sentinel` in its place');
  }
  for (const other of others) {
    findings.problem(
      pathOf(other),
      `says where Redis is, and so does \`${first}\`: leave one of them out`,
      'key',
    );
  }
}

function checkUrl(redis: RedisPart, raw: unknown, findings: Findings): void {
  const path = [...REDIS, 'url'];
  if (redis.url === undefined) return;
  if (redis.tls !== undefined && !redis.url.startsWith('rediss:')) {
    findings.problem([...REDIS, 'tls'], 'needs a url that begins with rediss://');
  }
  if (redis.url.startsWith('/')) return;
  const { username, password, pathname } = new URL(redis.url);
  if (pathname.length > 1 && 'database' in redis) {
    findings.problem(path, 'names a database, and so does the key beside it');
  }
  if ((username !== '' && 'username' in redis) || (password !== '' && 'password' in redis)) {
    findings.problem(path, 'names a user or password, and so do the keys beside it');
  }
  if (password !== '' && typeof valueAt(raw, path) === 'string') {
    findings.warning(path, 'a secret in clear: leave it out of the url and write password: {from_env: NAME}');
  }
}
