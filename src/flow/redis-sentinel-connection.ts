import type { RedisSentinel } from '../config/config.ts';
import type { OnStateChange, RedisConnection } from './redis-connection.ts';
import { type RedisAccess, RedisLink } from './redis-link.ts';
import { RedisSentinels } from './redis-sentinels.ts';

/** A connection to whichever server the sentinels call the primary. */
export function openSentinelConnection(
  sentinel: RedisSentinel,
  access: RedisAccess,
  database: number,
  onStateChange: OnStateChange,
): RedisConnection {
  const sentinels = new RedisSentinels(sentinel, access.sockets, access.timeout);
  const link = new RedisLink({
    access,
    database,
    locate: () => sentinels.findPrimary(),
    // NOREPLICAS: with min-replicas-to-write, a primary that has been cut off from the rest, and so replaced, says this.
    leaveOn: ['READONLY', 'NOREPLICAS'],
    primaryOnly: true,
    onStateChange,
  });
  const watch = sentinels.watch((primary) => link.moveTo(primary));
  return {
    run: (key, send) => link.run(key, send),
    ping: () => link.ping(),
    async [Symbol.asyncDispose]() {
      watch[Symbol.dispose]();
      await link[Symbol.asyncDispose]();
    },
  };
}
