import type { StoreFault } from '../store/flow-store.ts';

/** What an operator can do about a store that fails. */
const BY_FAULT: Readonly<Record<StoreFault['code'], string>> = {
  store_unreachable:
    'check that Redis runs, that `store.redis` has its address, and whether that port speaks TLS (`rediss://`)',
  store_timeout: 'check the load of Redis and the network to it, or raise `store.redis.timeout`',
  store_full: 'give the store more memory, or use Redis',
  store_error: 'see the error for the reply of Redis',
};

export function adviseOnStoreFault({ code, cause }: StoreFault): string {
  return code === 'store_unreachable' ? adviseOnStoreState(codeOf(cause)) : BY_FAULT[code];
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}

const CREDENTIALS = 'check `store.redis.username` and `store.redis.password`';
const SENTINEL_CREDENTIALS = 'check `store.redis.sentinel.username` and `store.redis.sentinel.password`';
const PERMISSIONS = 'the Redis user lacks permissions: see docs/operations/redis.md';

const BY_DETAIL: Readonly<Record<string, string>> = {
  TIMEOUT: BY_FAULT.store_timeout,
  WRONGPASS: CREDENTIALS,
  NOAUTH: CREDENTIALS,
  SENTINEL_WRONGPASS: SENTINEL_CREDENTIALS,
  SENTINEL_NOAUTH: SENTINEL_CREDENTIALS,
  SENTINEL_UNKNOWN_NAME: 'the sentinels know no primary of this name: check `store.redis.sentinel.name`',
  NOPERM: PERMISSIONS,
  // The replies to CLUSTER and SENTINEL of a server that is neither.
  CLUSTER_ERR: 'this Redis is not a node of a cluster: name it in `store.redis.url`, without `cluster`',
  SENTINEL_ERR: 'this is no sentinel: name the sentinels and their port in `store.redis.sentinel.nodes`',
  ERR: 'check that Redis has the database number in `store.redis`',
  ECONNREFUSED: 'check that Redis runs, and that `store.redis` has its address',
  ETIMEDOUT:
    'check the address in `store.redis`, the firewall, and whether that port speaks TLS (`rediss://`)',
  ENOTFOUND: 'there is no such host name: check `store.redis`',
  CLUSTER_NO_NODES: 'the nodes of the cluster announce no address: set `cluster-announce-ip` at each',
  FAILOVER: 'the sentinels named a new primary: the gateway switches to it by itself',
  READONLY: 'this Redis is a replica: name its primary in `store.redis`',
};

/** `detail`: the code of a socket error, of a TLS error, or of a Redis reply. */
export function adviseOnStoreState(detail: string | undefined): string {
  // A cluster client reports the code of a node as `CLUSTER_WRONGPASS`, that of a sentinel as `SENTINEL_ECONNREFUSED`.
  const [, code = ''] = /^(?:CLUSTER_|SENTINEL_)?(.*)$/.exec(detail ?? '') ?? [];
  const known = BY_DETAIL[detail ?? ''] ?? BY_DETAIL[code];
  if (known !== undefined) return known;
  const isTls = detail !== undefined && /CERT|SSL|SELF_SIGNED|ERR_TLS/.test(detail);
  return isTls ? 'check `store.redis.tls` and the certificate of Redis' : BY_FAULT.store_unreachable;
}
