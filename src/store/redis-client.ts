import { createSecureContext } from 'node:tls';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisConfig, TlsFiles } from '../config/config.ts';
import { StoreFault } from './flow-store.ts';
import { PrimaryConnector, ServerConnector } from './redis-connector.ts';
import { redisErrorCode } from './redis-fault.ts';
import { CLAIM_CODE, RELEASE_CODE, SAVE_UNLESS_HELD } from './redis-scripts.ts';
import { parseRedisUrl } from './redis-url.ts';

/** The commands that stores send, the flow store's scripts among them. */
export interface RedisClient extends Redis {
  saveUnlessHeld(key: string, record: string, ttl: number, replaceable: string): Promise<unknown>;
  claimCode(key: string, challenge: string, claimId: string): Promise<unknown>;
  releaseCode(key: string, claimId: string): Promise<unknown>;
}

const SCRIPTS = {
  saveUnlessHeld: { lua: SAVE_UNLESS_HELD, numberOfKeys: 1 },
  claimCode: { lua: CLAIM_CODE, numberOfKeys: 1 },
  releaseCode: { lua: RELEASE_CODE, numberOfKeys: 1 },
};
const CONNECT_TIMEOUT = 2_000;
/** The server is a replica by now, or has lost its own, or wants a password: another connection may lead to another server. */
const LEAVE_ON = ['READONLY', 'NOREPLICAS', 'NOAUTH'];

/** ioredis's client for the Redis of the configuration, connecting. Throws for a URL or a certificate that cannot be used at all. */
export function openRedisClient(config: RedisConfig): RedisClient {
  if ('url' in config) return openStandalone(config);
  const options = commonOptions(config, config);
  const tls = config.tls && tlsOptions(config.tls);
  if ('cluster' in config) {
    const cluster = new Cluster([...config.cluster], {
      redisOptions: {
        ...options,
        Connector: ServerConnector,
        enableReadyCheck: false,
        ...(tls ? { tls } : {}),
      },
      scripts: SCRIPTS,
      enableOfflineQueue: true,
      clusterRetryStrategy: retryDelay,
      retryDelayOnFailover: 100,
      maxRedirections: 5,
      slotsRefreshTimeout: CONNECT_TIMEOUT,
      slotsRefreshInterval: 5_000,
      // Names go on as they are: the servers' certificates are checked against them.
      dnsLookup: (host, done) => done(null, host),
    });
    return cluster as unknown as RedisClient;
  }
  const { name, nodes, username, password } = config.sentinel;
  return new Redis({
    ...options,
    ...lastingOptions(config),
    Connector: PrimaryConnector,
    name,
    sentinels: [...nodes],
    ...(username === undefined ? {} : { sentinelUsername: username }),
    ...(password === undefined ? {} : { sentinelPassword: password }),
    ...(tls ? { tls, sentinelTLS: tls, enableTLSForSentinelMode: true } : {}),
    db: config.database ?? 0,
    // Asks the server for its role: a sentinel may name one that is not the primary yet.
    enableReadyCheck: true,
    failoverDetector: true,
    updateSentinels: false,
    sentinelRetryStrategy: retryDelay,
    sentinelReconnectStrategy: retryDelay,
  }) as RedisClient;
}

function openStandalone(config: Extract<RedisConfig, { url: string }>): RedisClient {
  const address = parseRedisUrl(config.url);
  // The URL may hold a password: it is not repeated.
  if (address === undefined) throw new StoreFault('store_error', 'store.redis.url is malformed');
  const { target } = address;
  // Certificates mean TLS, whatever the scheme says: a password is not sent in clear for want of an `s`.
  const secure = 'host' in target && (target.tls || config.tls !== undefined);
  return new Redis({
    ...commonOptions(config, {
      username: config.username ?? address.username,
      password: config.password ?? address.password,
    }),
    ...lastingOptions(config),
    Connector: ServerConnector,
    ...('path' in target ? { path: target.path } : { host: target.host, port: target.port }),
    ...(secure ? { tls: tlsOptions(config.tls) } : {}),
    db: config.database ?? address.database,
    // Proxies in front of Redis may not know INFO.
    enableReadyCheck: false,
  }) as RedisClient;
}

function commonOptions(
  { timeout }: RedisConfig,
  { username, password }: { readonly username: string | undefined; readonly password: string | undefined },
) {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    connectionName: 'pkce-gateway',
    disableClientInfo: true,
    // Nothing here needs RESP3, and RESP2 spares servers and proxies without HELLO a refused handshake.
    protocol: 2,
    replyMapping: 'legacy',
    connectTimeout: Math.max(CONNECT_TIMEOUT, timeout),
    disconnectTimeout: timeout,
    // A connection that owes replies and stays silent is dead, or its server is: only a new one can tell. Longer than a
    // command's own timeout, so that a slow reply fails its command and no other.
    socketTimeout: 2 * timeout,
    maxRetriesPerRequest: 3,
    maxLoadingRetryTime: CONNECT_TIMEOUT,
  } as const satisfies RedisOptions;
}

/** For a client that stays with one address. What was sent without an answer is sent again: every command can be. */
function lastingOptions({ timeout }: RedisConfig) {
  let leavingSince: number | undefined;
  return {
    scripts: SCRIPTS,
    enableOfflineQueue: true,
    autoResendUnfulfilledCommands: true,
    retryStrategy: retryDelay,
    reconnectOnError(error: Error): false | 1 | 2 {
      const code = redisErrorCode(error);
      if (code === undefined || !LEAVE_ON.includes(code)) return false;
      const now = performance.now();
      // While a fail-over is fresh, the command is sent again (2). Later its caller is gone, and it fails (1).
      if (leavingSince === undefined || now - leavingSince > 10 * timeout) leavingSince = now;
      return now - leavingSince < timeout ? 2 : 1;
    },
  } satisfies RedisOptions;
}

function tlsOptions(files: TlsFiles | undefined) {
  return {
    secureContext: createSecureContext({
      ...(files?.ca === undefined ? {} : { ca: files.ca }),
      ...(files?.cert === undefined ? {} : { cert: files.cert }),
      ...(files?.key === undefined ? {} : { key: files.key }),
    }),
  };
}

/** Doubles up to a second. Half of it is left to chance, so that not all gateways come back in the same instant. */
function retryDelay(attempt: number): number {
  const delay = Math.min(1_000, 50 * 2 ** Math.min(attempt - 1, 10));
  return delay / 2 + (delay / 2) * Math.random();
}
