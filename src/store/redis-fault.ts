import { ReplyError } from 'ioredis';
import { StoreFault } from './flow-store.ts';

/** The first word of an error reply is its code, by the protocol's convention. */
const REPLY_CODE = /^[A-Z]+(?= |$)/;
const SYSTEM_CODE = /^[A-Z][A-Z0-9_]+$/;

/** Replies of a Redis that runs but does not serve the gateway: it loads, fails over, is busy, or has other credentials. */
const NOT_SERVING = new Set([
  'BUSY',
  'CLUSTERDOWN',
  'LOADING',
  'MASTERDOWN',
  'NOAUTH',
  'NOREPLICAS',
  'READONLY',
  'TRYAGAIN',
  'WRONGPASS',
]);

/** Maps an error to a `StoreFault`. `lost`: why the connection was last lost. */
export function redisFault(error: unknown, lost: string | undefined): StoreFault {
  if (error instanceof StoreFault) return error;
  const code = redisErrorCode(error);
  const cause = causeOf(code);
  if (!(error instanceof ReplyError)) return unreachable(code ?? lost);
  if (code === 'OOM') {
    const message = 'Redis is out of memory: raise maxmemory, or let it evict keys with a TTL';
    return new StoreFault('store_full', message, { cause });
  }
  if (code === 'MOVED' || code === 'ASK') {
    const message = 'Redis is a node of a cluster: name its nodes under store.redis.cluster';
    return new StoreFault('store_error', message, { cause });
  }
  if (code !== undefined && NOT_SERVING.has(code)) return unreachable(code);
  return new StoreFault('store_error', `Redis replied ${code}`, { cause });
}

export function unreachable(code: string | undefined): StoreFault {
  const detail = code === undefined ? '' : `: ${code}`;
  return new StoreFault('store_unreachable', `Redis is unreachable${detail}`, { cause: causeOf(code) });
}

/**
 * ioredis attaches the command and its arguments to its errors (records and, for AUTH, the password), and a reply may repeat
 * them in its message. Causes are logged, so only the code is passed on.
 */
function causeOf(code: string | undefined): Error {
  return Object.assign(new Error(code ?? 'connection closed'), { code });
}

export function timedOut(timeout: number): StoreFault {
  return new StoreFault('store_timeout', `Redis did not answer within ${timeout} ms`);
}

/** The code of an error reply (`READONLY`), of the system (`ECONNREFUSED`) or of TLS; `undefined` for none. */
export function redisErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof ReplyError) return REPLY_CODE.exec(error.message)?.[0] ?? 'ERR';
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'string' && SYSTEM_CODE.test(code) ? code : undefined;
}
