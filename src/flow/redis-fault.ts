import { ReplyError } from 'ioredis';
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
