import { createSecureContext } from 'node:tls';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisConfig, TlsFiles } from '../config/config.ts';
import type { ClaimOutcome } from './record-store.ts';
import { type ConnectorOptions, type OnLost, PrimaryConnector, ServerConnector } from './redis-connector.ts';
import { redisErrorCode } from './redis-fault.ts';
import { CLAIM_CODE, RELEASE_CODE, SAVE_UNLESS_HELD } from './redis-scripts.ts';

/** ioredis's client with the flow store's scripts as commands. */
export interface RedisClient extends Redis {
  saveUnlessHeld(key: string, record: string, ttl: number, replaceable: string): Promise<string | null>;
  claimCode(
    key: string,
    challenge: string,
    claimId: string,
  ): Promise<[outcome: ClaimOutcome, record: string]>;
  releaseCode(key: string, claimId: string): Promise<unknown>;
}

const SCRIPTS = {
  saveUnlessHeld: { lua: SAVE_UNLESS_HELD, numberOfKeys: 1 },
  claimCode: { lua: CLAIM_CODE, numberOfKeys: 1 },
  releaseCode: { lua: RELEASE_CODE, numberOfKeys: 1 },
};
const CONNECT_TIMEOUT = 2_000;
/** The server became a replica, lost its own replica, or requires a password: another connection may lead to another server. */
const LEAVE_ON = ['READONLY', 'NOREPLICAS', 'NOAUTH'];

/** Opens ioredis's client for the configured Redis, and connects. Throws for an unusable certificate. */
export function openRedisClient(config: RedisConfig, onLost: OnLost): RedisClient {
  if ('url' in config) return openStandalone(config, onLost);
  if ('cluster' in config) return openCluster(config, onLost);
  return openPrimary(config, onLost);
}

function openStandalone(config: Extract<RedisConfig, { url: object }>, onLost: OnLost): RedisClient {
  const { target, ...address } = config.url;
  // Certificates mean TLS with any scheme, so that a forgotten `s` sends no password in clear.
  const secure = 'host' in target && (target.tls || config.tls !== undefined);
  const username = config.username ?? address.username;
  const password = config.password ?? address.password;
  return openSingle({
    ...commonOptions({ ...config, username, password }, onLost),
    ...resendingOptions(config, onLost),
    Connector: ServerConnector,
    ...('path' in target ? { path: target.path } : { host: target.host, port: target.port }),
    tls: secure ? tlsOptions(config.tls ?? {}) : undefined,
    db: config.database ?? address.database ?? 0,
    // Proxies in front of Redis may not support INFO.
    enableReadyCheck: false,
  });
}

function openPrimary(config: Extract<RedisConfig, { sentinel: object }>, onLost: OnLost): RedisClient {
  const { name, nodes, username, password } = config.sentinel;
  const tls = config.tls && tlsOptions(config.tls);
  return openSingle({
    ...commonOptions(config, onLost),
    ...resendingOptions(config, onLost),
    Connector: PrimaryConnector,
    name,
    sentinels: [...nodes],
    sentinelUsername: username,
    sentinelPassword: password,
    tls,
    sentinelTLS: tls,
    enableTLSForSentinelMode: tls !== undefined,
    db: config.database ?? 0,
    // This asks the server for its role.
    enableReadyCheck: true,
    failoverDetector: true,
    updateSentinels: false,
    sentinelRetryStrategy: retryDelay,
    sentinelReconnectStrategy: retryDelay,
  });
}

function openCluster(config: Extract<RedisConfig, { cluster: object }>, onLost: OnLost): RedisClient {
  const cluster = new Cluster([...config.cluster], {
    redisOptions: {
      ...commonOptions(config, (code) => onLost(`CLUSTER_${code}`)),
      Connector: ServerConnector,
      enableReadyCheck: false,
      tls: config.tls && tlsOptions(config.tls),
    },
    scripts: SCRIPTS,
    enableOfflineQueue: true,
    clusterRetryStrategy: retryDelay,
    retryDelayOnFailover: 100,
    maxRedirections: 5,
    slotsRefreshTimeout: CONNECT_TIMEOUT,
    slotsRefreshInterval: 5_000,
    // Host names stay unresolved, because the servers' certificates are checked against them.
    dnsLookup: (host, done) => done(null, host),
  });
  return cluster as unknown as RedisClient;
}

function openSingle(options: ConnectorOptions): RedisClient {
  return new Redis({ ...options, scripts: SCRIPTS, replyMapping: 'legacy' }) as RedisClient;
}

function commonOptions({ username, password, timeout }: RedisConfig, onLost: OnLost) {
  return {
    username,
    password,
    connectionName: 'pkce-gateway',
    disableClientInfo: true,
    // Nothing needs RESP3, and with RESP2 servers and proxies without HELLO do not refuse the handshake.
    protocol: 2,
    replyMapping: 'legacy',
    connectTimeout: Math.max(CONNECT_TIMEOUT, timeout),
    disconnectTimeout: timeout,
    // If replies are due and a connection stays silent, it or its server is dead, and only a new connection can tell. Longer
    // than a command's own timeout, so that a slow reply fails only its command.
    socketTimeout: 2 * timeout,
    maxRetriesPerRequest: 3,
    maxLoadingRetryTime: CONNECT_TIMEOUT,
    onLost,
  } as const satisfies ConnectorOptions;
}

/** Resends commands without a reply, which every command allows. A cluster's client does so by itself. */
function resendingOptions({ timeout }: RedisConfig, onLost: OnLost) {
  let leavingSince = Number.NEGATIVE_INFINITY;
  let reconnections = 0;
  const isLeaving = () => performance.now() - leavingSince < 10 * timeout;
  return {
    enableOfflineQueue: true,
    autoResendUnfulfilledCommands: true,
    retryStrategy(attempt: number): number {
      // A server that the client keeps leaving accepts connections, and each connection resets ioredis's own count.
      reconnections = isLeaving() ? reconnections + 1 : 0;
      return retryDelay(Math.max(attempt, reconnections));
    },
    reconnectOnError(error: Error): false | 1 | 2 {
      const code = redisErrorCode(error);
      if (code === undefined || !LEAVE_ON.includes(code)) return false;
      onLost(code);
      if (!isLeaving()) leavingSince = performance.now();
      // Early in a fail-over, ioredis resends the command (2). Later the command fails with this reply (1).
      return performance.now() - leavingSince < timeout / 2 ? 2 : 1;
    },
  } satisfies RedisOptions;
}

function tlsOptions({ ca, cert, key }: TlsFiles) {
  return { secureContext: createSecureContext({ ca, cert, key }) };
}

/** Doubles up to a second. Half of the delay is random, so that not all gateways reconnect at the same moment. */
function retryDelay(attempt: number): number {
  const delay = Math.min(1_000, 50 * 2 ** Math.min(attempt - 1, 10));
  return delay / 2 + (delay / 2) * Math.random();
}
