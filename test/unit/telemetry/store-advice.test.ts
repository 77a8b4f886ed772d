import { expect, test } from 'vitest';
import { unreachable } from '../../../src/store/redis-fault.ts';
import { adviseOnStoreFault, adviseOnStoreState } from '../../../src/telemetry/store-advice.ts';

test.each([
  ['WRONGPASS', 'check `store.redis.username` and `store.redis.password`'],
  ['CLUSTER_WRONGPASS', 'check `store.redis.username` and `store.redis.password`'],
  ['SENTINEL_WRONGPASS', 'check `store.redis.sentinel.username` and `store.redis.sentinel.password`'],
  ['SENTINEL_UNKNOWN_NAME', 'the sentinels know no primary of this name: check `store.redis.sentinel.name`'],
  ['SENTINEL_ENOTFOUND', 'there is no such host name: check `store.redis`'],
  ['CERT_HAS_EXPIRED', 'check `store.redis.tls` and the certificate of Redis'],
  ['ECONNREFUSED', 'check that Redis runs, and that `store.redis` has its address'],
  [
    undefined,
    'check that Redis runs, that `store.redis` has its address, and whether that port speaks TLS (`rediss://`)',
  ],
  ['ERR', 'check that Redis has the database number in `store.redis`'],
  ['CLUSTER_ERR', 'this Redis is not a node of a cluster: name it in `store.redis.url`, without `cluster`'],
  ['SENTINEL_ERR', 'this is no sentinel: name the sentinels and their port in `store.redis.sentinel.nodes`'],
])('a store that is unreachable by %s, and each operation that fails meanwhile', (detail, advice) => {
  expect(adviseOnStoreState(detail)).toBe(advice);
  expect(adviseOnStoreFault(unreachable(detail))).toBe(advice);
});
