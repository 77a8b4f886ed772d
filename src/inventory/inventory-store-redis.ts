import type { RedisConnection } from '../flow/redis-connection.ts';
import { UNLISTED } from '../policy/client-policy.ts';
import type { ClientCounts } from './client-counts.ts';
import { decodeCounts, encodeCounts } from './counts-record.ts';
import { dayText, PERIOD_DAYS } from './day.ts';
import { type CountsBatch, FRESH_PER_DAY, type InventoryStore } from './inventory-store.ts';

/** Seconds that a day is kept after its last batch. */
const KEPT = (PERIOD_DAYS + 1) * 86_400;
/** Records for each step of a reading, so that none of them holds up logins. */
const STEP = 500;

/** Counts in Redis: a hash for each issuer and day, a field for each client. */
export class RedisInventoryStore implements InventoryStore {
  readonly #connection: RedisConnection;
  readonly #prefix: string;

  /** The connection is shared with the flow store, which disposes of it. */
  constructor(connection: RedisConnection, prefix: string) {
    this.#connection = connection;
    this.#prefix = prefix;
  }

  async addCounts({ issuer, day, writer, sequence, entries }: CountsBatch): Promise<void> {
    const at = this.#key(issuer, day);
    const texts = entries.flatMap(({ name, counts, fresh }) => [
      name,
      fresh ? '1' : '0',
      encodeCounts(counts),
    ]);
    await this.#connection.run(at, (redis) =>
      redis.mergeCounts(
        at,
        reserved(writer),
        sequence,
        KEPT,
        reserved('fresh'),
        FRESH_PER_DAY,
        UNLISTED,
        ...texts,
      ),
    );
  }

  async loadCounts(issuer: string, day: number): Promise<ReadonlyMap<string, ClientCounts>> {
    const at = this.#key(issuer, day);
    const loaded = new Map<string, ClientCounts>();
    let cursor = '0';
    do {
      const [next, fields] = await this.#connection.run(at, (redis) =>
        redis.hscan(at, cursor, 'COUNT', STEP),
      );
      for (let i = 0; i < fields.length; i += 2) {
        const [name = '', record = ''] = fields.slice(i, i + 2);
        const counts = name.startsWith(RESERVED) ? undefined : decodeCounts(record);
        if (counts !== undefined) loaded.set(name, counts);
      }
      cursor = next;
    } while (cursor !== '0');
    return loaded;
  }

  #key(issuer: string, day: number): string {
    return `${this.#prefix}stats:${issuer}:${dayText(day)}`;
  }
}

const RESERVED = '\u0000';

/** A field of ours among those of clients, none of whose names begins with a control character. */
function reserved(name: string): string {
  return RESERVED + name;
}
