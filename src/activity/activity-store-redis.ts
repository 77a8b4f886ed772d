import type { RedisConnection } from '../store/redis-connection.ts';
import { type ActivityStore, type Changes, RECORD_TTL } from './activity-store.ts';

/** Fields per step of a reading, so that no step delays logins. */
const STEP = 1_000;

/** Adds to the hash at KEYS[1]. ARGV: its TTL in milliseconds; how many numbers; their fields and values; then texts likewise. */
const ADD = `
local numbers = 2 + 2 * ARGV[2]
for i = 3, numbers, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
for i = numbers + 1, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
`;

/** Activity in Redis: a hash for each record. */
export class RedisActivityStore implements ActivityStore {
  readonly #connection: RedisConnection;
  readonly #prefix: string;

  constructor(connection: RedisConnection, prefix: string) {
    this.#connection = connection;
    this.#prefix = `${prefix}stats:`;
  }

  async addActivity(record: string, changes: Changes): Promise<void> {
    const key = this.#prefix + record;
    const numbers = [...changes].filter(([, change]) => typeof change === 'number');
    const texts = [...changes].filter(([, change]) => typeof change === 'string');
    const args = [RECORD_TTL, numbers.length, ...numbers.flat(), ...texts.flat()];
    await this.#connection.run((redis) => redis.eval(ADD, 1, key, ...args));
  }

  async loadActivity(record: string): Promise<ReadonlyMap<string, string>> {
    const key = this.#prefix + record;
    const loaded = new Map<string, string>();
    let cursor = '0';
    do {
      const from = cursor;
      const [next, fields] = await this.#connection.run((redis) => redis.hscan(key, from, 'COUNT', STEP));
      for (let i = 0; i + 1 < fields.length; i += 2) loaded.set(fields[i] as string, fields[i + 1] as string);
      cursor = next;
    } while (cursor !== '0');
    return loaded;
  }
}
