import { Redis } from 'ioredis';
import type { Address, RedisSentinel } from '../config/config.ts';
import { connectorOptions, type SocketOpener } from './redis-connector.ts';
import { queryErrorCode, queryRedis, RedisQueryError } from './redis-query.ts';
import { retryDelay } from './redis-retry.ts';

const SWITCHED = '+switch-master';

/** An answer of one sentinel. Each failover has an epoch, higher than the last. */
type Opinion = { readonly primary: Address; readonly epoch: number };

/** The sentinels of one primary. */
export class RedisSentinels {
  readonly #sentinel: RedisSentinel;
  readonly #sockets: SocketOpener;
  readonly #timeout: number;

  constructor(sentinel: RedisSentinel, sockets: SocketOpener, timeout: number) {
    this.#sentinel = sentinel;
    this.#sockets = sockets;
    this.#timeout = timeout;
  }

  /**
   * Where the primary is, as the sentinel with the newest configuration has it: one that has been cut off, or has only
   * just come back, still names the primary of before. Throws where none can tell, with a code such as `SENTINEL_ECONNREFUSED`.
   */
  async findPrimary(): Promise<Address> {
    const answers = await Promise.allSettled(this.#sentinel.nodes.map((node) => this.#ask(node)));
    const opinions = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const newest = opinions.toSorted((one, other) => other.epoch - one.epoch)[0];
    if (newest !== undefined) return newest.primary;
    const failed = answers.find((answer) => answer.status === 'rejected');
    throw new RedisQueryError(`SENTINEL_${queryErrorCode(failed?.reason)}`);
  }

  /**
   * Calls back when a sentinel says that the primary has changed. Without it, a primary that the sentinels have given up,
   * but that still answers here, would be believed for as long as it answers.
   */
  watch(onSwitch: (primary: Address) => void): Disposable {
    const { name, nodes } = this.#sentinel;
    const clients = nodes.map((node) => {
      const client = new Redis({
        ...this.#credentials(),
        ...connectorOptions({
          sockets: this.#sockets,
          locate: () => node,
          disconnectTimeout: this.#timeout,
        }),
        connectionName: 'pkce-gateway-watch',
        disableClientInfo: true,
        protocol: 2,
        replyMapping: 'legacy',
        enableReadyCheck: false,
        enableOfflineQueue: false,
        retryStrategy: retryDelay,
        // Nobody catches what becomes of ioredis's own: a sentinel lost at that moment would end the process.
        autoResubscribe: false,
        keepAlive: 30_000,
      });
      client.on('error', () => {});
      client.on('message', (_channel: string, message: string) => {
        const [of, , , host, port] = message.split(' ');
        if (of === name && host !== undefined) onSwitch({ host, port: Number(port) });
      });
      // A sentinel that forbids it is asked for the primary all the same.
      client.on('ready', () => void client.subscribe(SWITCHED).catch(() => {}));
      return client;
    });
    return {
      [Symbol.dispose]() {
        for (const client of clients) client.disconnect();
      },
    };
  }

  #ask(node: Address): Promise<Opinion> {
    const { name, username, password } = this.#sentinel;
    const access = { sockets: this.#sockets, timeout: this.#timeout, username, password };
    return queryRedis(node, access, async (client) => {
      // The first names the promoted replica as soon as there is one. The second has the epoch, which it may keep to itself.
      const [address, state] = await Promise.all([
        client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name),
        client.call('SENTINEL', 'MASTER', name).catch(() => []),
      ]);
      const primary = parsePrimary(address);
      if (primary === undefined) throw new RedisQueryError('UNKNOWN_NAME');
      return { primary, epoch: parseEpoch(state) };
    });
  }

  #credentials(): { username?: string; password?: string } {
    const { username, password } = this.#sentinel;
    return {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    };
  }
}

function parsePrimary(reply: unknown): Address | undefined {
  const [host, port] = Array.isArray(reply) ? reply.map(String) : [];
  return host && port ? { host, port: Number(port) } : undefined;
}

/** The state comes as `[field, value, …]`. */
function parseEpoch(reply: unknown): number {
  const state: readonly unknown[] = Array.isArray(reply) ? reply : [];
  const epoch = Number(state[state.indexOf('config-epoch') + 1]);
  return Number.isInteger(epoch) ? epoch : 0;
}
