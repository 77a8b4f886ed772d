import { ReplyError } from 'ioredis';
import type { Address } from '../config/config.ts';
import { StoreFault } from './flow-store.ts';

/** The first word of an error reply is its code: the convention of the protocol, not a guess at a message. */
const REPLY_CODE = /^[A-Z]+(?= |$)/;
const SYSTEM_CODE = /^[A-Z][A-Z0-9_]+$/;

/** Replies of a Redis that is there, but serves nobody just now: loading, failing over, busy. */
const PASSING = new Set([
  'BUSY',
  'CLUSTERDOWN',
  'LOADING',
  'MASTERDOWN',
  'NOREPLICAS',
  'READONLY',
  'TRYAGAIN',
]);

/** The slot of a key is, or is on its way, somewhere else: nothing was run. A fault for those who know of no cluster. */
export class RedisRedirection extends StoreFault {
  /** `ask`: this once. `moved`: from now on. */
  readonly kind: 'ask' | 'moved';
  /** Out of sight for whoever logs the fault. An empty host is that of the server that replied. */
  readonly #target: Address;

  constructor(kind: 'ask' | 'moved', target: Address, cause: Error) {
    super('store_error', 'Redis is a node of a cluster: name it under store.redis.cluster', { cause });
    this.kind = kind;
    this.#target = target;
  }

  get target(): Address {
    return this.#target;
  }
}

const REDIRECTION = /^(MOVED|ASK) \d+ (.*):(\d{1,5})$/;

/** What went wrong, as the store's callers know it. */
export function redisFault(error: unknown): StoreFault {
  const code = redisErrorCode(error);
  const cause = describeCause(code);
  if (!(error instanceof ReplyError)) {
    return new StoreFault(
      'store_unreachable',
      `Redis cannot be reached${code === undefined ? '' : `: ${code}`}`,
      {
        cause,
      },
    );
  }
  const [, kind, host, port] = REDIRECTION.exec((error as Error).message) ?? [];
  if (kind !== undefined && host !== undefined) {
    return new RedisRedirection(kind === 'ASK' ? 'ask' : 'moved', { host, port: Number(port) }, cause);
  }
  if (code === 'OOM') return new StoreFault('store_full', 'Redis is out of memory', { cause });
  const passing = code !== undefined && PASSING.has(code);
  return new StoreFault(passing ? 'store_unreachable' : 'store_error', `Redis replied ${code}`, { cause });
}

/** The code of an error reply (`READONLY`), of the system (`ECONNREFUSED`) or of TLS; `undefined` where there is none. */
export function redisErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof ReplyError) return REPLY_CODE.exec(error.message)?.[0] ?? 'ERR';
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'string' && SYSTEM_CODE.test(code) ? code : undefined;
}

/**
 * ioredis hangs the command and its arguments on its errors (records and, for AUTH, the password), and a reply may
 * repeat them in its message. Whoever logs a cause must not log those: only the code goes on.
 */
function describeCause(code: string | undefined): Error {
  return Object.assign(new Error(code ?? 'connection closed'), { code });
}
