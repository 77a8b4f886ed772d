import type { RedisConfig } from '../config/config.ts';
import { StoreFault } from './flow-store.ts';
import { RedisCluster } from './redis-cluster.ts';
import type { OnStateChange, RedisConnection } from './redis-connection.ts';
import { socketOpener } from './redis-connector.ts';
import { type RedisAccess, RedisLink } from './redis-link.ts';
import { openSentinelConnection } from './redis-sentinel-connection.ts';
import { parseRedisUrl } from './redis-url.ts';

/** The way to the Redis that the configuration names. Throws only for what can never be used: a URL, a certificate. */
export function openRedisConnection(
  config: RedisConfig,
  onStateChange: OnStateChange = () => {},
): RedisConnection {
  if ('url' in config) return openStandalone(config, onStateChange);
  const access: RedisAccess = {
    sockets: socketOpener(config.tls !== undefined, config.tls),
    username: config.username,
    password: config.password,
    timeout: config.timeout,
  };
  if ('cluster' in config) return new RedisCluster(config.cluster, access, onStateChange);
  return openSentinelConnection(config.sentinel, access, config.database ?? 0, onStateChange);
}

function openStandalone(
  config: Extract<RedisConfig, { url: string }>,
  onStateChange: OnStateChange,
): RedisConnection {
  const address = parseRedisUrl(config.url);
  // The URL may hold a password: it is not repeated.
  if (address === undefined) throw new StoreFault('store_error', 'the URL of the Redis store is malformed');
  const { target } = address;
  // Who names certificates wants TLS, whatever the scheme says: a password is not sent in clear for want of an `s`.
  const secure = 'host' in target && (target.tls || config.tls !== undefined);
  return new RedisLink({
    access: {
      sockets: socketOpener(secure, config.tls),
      username: config.username ?? address.username,
      password: config.password ?? address.password,
      timeout: config.timeout,
    },
    database: config.database ?? address.database,
    locate: () => ('path' in target ? target : { host: target.host, port: target.port }),
    leaveOn: ['READONLY'],
    primaryOnly: false,
    onStateChange,
  });
}
