import type { FileSettings } from './config.ts';
import type { Diagnostics } from './diagnostics.ts';
import type { Draft } from './settings.ts';
import { nodeAt, type YamlNode } from './yaml-tree.ts';

type StoreDraft = NonNullable<Draft<FileSettings>['store']>;
type RedisDraft = NonNullable<StoreDraft['redis']>;
type SealedDraft = NonNullable<StoreDraft['sealed']>;

const REDIS = ['store', 'redis'];
const SEALED = ['store', 'sealed'];
/** Each of them gives the location of Redis. */
const SERVERS = ['url', 'cluster', 'sentinel'] as const;

export function checkStore(
  { store, workers }: Draft<FileSettings>,
  root: YamlNode,
  diagnostics: Diagnostics,
): void {
  const { kind, redis, sealed } = store ?? {};
  if (kind === 'memory' && workers !== undefined && workers !== 1) {
    diagnostics.problem(
      ['workers'],
      'more than 1 needs `store.kind: redis` or `sealed`: with a store in memory, each process would know only its own logins',
    );
  }
  if (kind === 'redis') checkServers(redis ?? {}, diagnostics);
  checkKeys(kind, sealed, diagnostics);
  if (redis === undefined) return;
  if (kind !== 'redis' && kind !== undefined)
    diagnostics.warning(REDIS, `has no effect: \`store.kind\` is ${kind}`);
  checkUrl(redis, root, diagnostics);
  if ('cluster' in redis && redis.database !== undefined && redis.database !== 0) {
    diagnostics.problem([...REDIS, 'database'], 'a cluster has only database 0');
  }
}

function checkKeys(
  kind: string | undefined,
  sealed: SealedDraft | undefined,
  diagnostics: Diagnostics,
): void {
  if (kind === 'sealed' && (sealed === undefined || !('keys' in sealed)))
    diagnostics.problem(
      [...SEALED, 'keys'],
      'is required for `kind: sealed`; `pkce-gateway keygen` makes a key',
    );
  if (sealed === undefined) return;
  if (kind !== 'sealed' && kind !== undefined)
    diagnostics.warning(SEALED, `has no effect: \`store.kind\` is ${kind}`);
  const keys = sealed.keys ?? [];
  for (const [index, key] of keys.entries()) {
    const first = keys.indexOf(key);
    if (key !== undefined && first < index)
      diagnostics.problem(
        [...SEALED, 'keys', index],
        `is the same key as number ${first + 1}: leave one out`,
      );
  }
}

function checkServers(redis: RedisDraft, diagnostics: Diagnostics): void {
  const [first, ...others] = SERVERS.filter((key) => key in redis);
  if (first === undefined) {
    diagnostics.problem(
      [...REDIS, 'url'],
      'is required for `kind: redis`, unless `cluster` or `sentinel` is given',
    );
  }
  for (const other of others) {
    diagnostics.problem(
      [...REDIS, other],
      `gives the location of Redis, and so does \`${first}\`: remove one of them`,
      'key',
    );
  }
}

function checkUrl(redis: RedisDraft, root: YamlNode, diagnostics: Diagnostics): void {
  const path = [...REDIS, 'url'];
  if (redis.url === undefined) return;
  if (redis.tls !== undefined && !redis.url.startsWith('rediss:')) {
    diagnostics.problem([...REDIS, 'tls'], 'needs a url that begins with rediss://');
  }
  if (redis.url.startsWith('/')) return;
  const { username, password, pathname } = new URL(redis.url);
  if (pathname.length > 1 && 'database' in redis) {
    diagnostics.problem(path, 'names a database, and so does the key `database`: remove one of them');
  }
  if ((username !== '' && 'username' in redis) || (password !== '' && 'password' in redis)) {
    diagnostics.problem(path, 'contains a user or password, and so do the keys: remove one of them');
  }
  if (password !== '' && nodeAt(root, path)?.kind === 'scalar') {
    diagnostics.warning(
      path,
      'this password is in clear text: remove it from the url and write password: {from_env: NAME}',
    );
  }
}
