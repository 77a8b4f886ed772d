import { redisSchema, sealedSchema, storeSchema } from '../schema/store.ts';
import { withRule } from './rule.ts';

withRule(redisSchema, ({ url, tls, database }, diagnostics, written) => {
  if (written.has('cluster') && database !== undefined && database !== 0) {
    diagnostics.problem(['database'], 'a cluster has only database 0');
  }
  if (url?.target === undefined) return;
  if (tls !== undefined && !('tls' in url.target && url.target.tls)) {
    diagnostics.problem(['tls'], 'needs a url that begins with rediss://');
  }
  if (url.database !== undefined && written.has('database')) {
    diagnostics.problem(['url'], 'names a database, and so does the key `database`: remove one of them');
  }
  if ((url.username && written.has('username')) || (url.password && written.has('password'))) {
    diagnostics.problem(['url'], 'contains a user or password, and so do the keys: remove one of them');
  }
  if (url.password && written.get('url')?.value.kind === 'scalar') {
    diagnostics.warning(
      ['url'],
      'this password is in clear text: remove it from the url and write password: {from_env: NAME}',
    );
  }
});

/** Different bytes among the 32 of a key. Of random ones, practically none has fewer. */
const DIFFERENT_BYTES = 16;

withRule(sealedSchema, ({ keys = [] }, diagnostics) => {
  for (const [index, key] of keys.entries()) {
    if (key === undefined) continue;
    const first = keys.indexOf(key);
    if (first < index)
      diagnostics.problem(['keys', index], `is the same key as number ${first + 1}: leave one out`);
    if (new Set(Buffer.from(key, 'base64url')).size < DIFFERENT_BYTES)
      diagnostics.warning(
        ['keys', index],
        'is not random: who guesses it can forge flows and codes; `pkce-gateway keygen` makes a key',
      );
  }
});

withRule(storeSchema, ({ kind, redis, sealed }, diagnostics) => {
  if (kind === undefined) return;
  for (const [key, settings] of Object.entries({ redis, sealed })) {
    if (settings !== undefined && kind !== key)
      diagnostics.warning([key], `has no effect: \`store.kind\` is ${kind}`);
  }
  if (kind === 'sealed' && (sealed === undefined || !('keys' in sealed)))
    diagnostics.problem(
      ['sealed', 'keys'],
      'is required for `kind: sealed`; `pkce-gateway keygen` makes a key',
    );
  if (kind !== 'redis') return;
  // Each of them gives the location of Redis.
  const [first, ...others] = ['url', 'cluster', 'sentinel'].filter((key) => key in (redis ?? {}));
  if (first === undefined) {
    diagnostics.problem(
      ['redis', 'url'],
      'is required for `kind: redis`, unless `cluster` or `sentinel` is given',
    );
  }
  for (const other of others) {
    diagnostics.problem(
      ['redis', other],
      `gives the location of Redis, and so does \`${first}\`: remove one of them`,
      'key',
    );
  }
});
