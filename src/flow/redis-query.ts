import { Redis } from 'ioredis';
import { connectorOptions, type RedisTarget } from './redis-connector.ts';
import { redisErrorCode } from './redis-fault.ts';
import type { RedisAccess } from './redis-link.ts';

/** A question that has no answer, with a code that says why: `ECONNREFUSED`, `TIMEOUT`, `NOAUTH`. */
export class RedisQueryError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** Asks one server (a sentinel, a node of a cluster) over a connection of its own, which ends with the answer. */
export async function queryRedis<Answer>(
  target: RedisTarget,
  { sockets, username, password, timeout }: RedisAccess,
  ask: (client: Redis) => Promise<Answer>,
): Promise<Answer> {
  const client = new Redis({
    ...connectorOptions({ sockets, locate: () => target, disconnectTimeout: timeout }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    connectionName: 'pkce-gateway-discovery',
    disableClientInfo: true,
    protocol: 2,
    replyMapping: 'legacy',
    lazyConnect: true,
    // A sentinel and a node that loads its data both know what is asked here.
    enableReadyCheck: false,
    connectTimeout: timeout,
    retryStrategy: () => null,
  });
  // What comes first is the cause: whatever follows says that the connection is closed.
  let code: string | undefined;
  client.on('error', (error: unknown) => {
    code ??= redisErrorCode(error);
  });
  const overdue = Promise.withResolvers<never>();
  const deadline = setTimeout(() => overdue.reject(new RedisQueryError('TIMEOUT')), timeout);
  try {
    return await Promise.race([client.connect().then(() => ask(client)), overdue.promise]);
  } catch (error) {
    if (error instanceof RedisQueryError) throw error;
    throw new RedisQueryError(code ?? redisErrorCode(error) ?? 'CONNECTION_CLOSED');
  } finally {
    clearTimeout(deadline);
    client.disconnect();
  }
}

/** Why none of several questions had an answer: as the first of them says. */
export function queryErrorCode(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof RedisQueryError ? first.code : 'CONNECTION_CLOSED';
}
