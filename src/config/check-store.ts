import type { Findings } from './findings.ts';
import type { FileConfig } from './schema/gateway.ts';
import { valueAt } from './schema-walk.ts';
import type { ValidPart } from './valid-part.ts';

export function checkStore({ store }: ValidPart<FileConfig>, raw: unknown, findings: Findings): void {
  const redis = store?.redis;
  if (store?.kind === 'redis' && !(redis !== undefined && 'url' in redis)) {
    if (valueAt(raw, ['store', 'redis', 'url']) === undefined) {
      findings.problem(['store', 'redis', 'url'], 'is required for `kind: redis`');
    }
  }
  if (redis === undefined) return;
  if (store?.kind === 'memory') {
    findings.warning(['store', 'redis'], 'has no effect: `store.kind` is memory');
  }
  if (typeof valueAt(raw, ['store', 'redis', 'password']) === 'string') {
    findings.warning(
      ['store', 'redis', 'password'],
      'a secret in clear: write {from_env: NAME} or {from_file: PATH}',
    );
  }
  checkUrl(redis, raw, findings);
}

function checkUrl(
  redis: NonNullable<NonNullable<ValidPart<FileConfig>['store']>['redis']>,
  raw: unknown,
  findings: Findings,
): void {
  const path = ['store', 'redis', 'url'];
  if (redis.url === undefined) return;
  if (redis.tls !== undefined && !redis.url.startsWith('rediss:')) {
    findings.problem(['store', 'redis', 'tls'], 'needs a url that begins with rediss://');
  }
  if (redis.url.startsWith('/')) return;
  const { username, password } = new URL(redis.url);
  if ((username !== '' && 'username' in redis) || (password !== '' && 'password' in redis)) {
    findings.problem(path, 'names a user or password, and so do the keys beside it');
  }
  if (password !== '' && typeof valueAt(raw, path) === 'string') {
    findings.warning(path, 'a secret in clear: leave it out of the url and write password: {from_env: NAME}');
  }
}
