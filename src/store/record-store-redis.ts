import { NO_CHALLENGE } from './code-record.ts';
import type { ClaimRequest } from './flow-store.ts';
import type { ClaimOutcome, RecordStore } from './record-store.ts';
import type { RedisConnection } from './redis-connection.ts';

/**
 * Records in Redis (6.2 or newer), for any number of workers. Every key has a TTL, and every operation is one command on one
 * key, so it also works in a cluster. Only Redis's clock counts, never those of the gateways.
 */
export class RedisRecordStore implements RecordStore {
  readonly #connection: RedisConnection;
  readonly #prefix: string;

  /** The store disposes of the connection. */
  constructor(connection: RedisConnection, prefix: string) {
    this.#connection = connection;
    this.#prefix = prefix;
  }

  async save(key: string, record: string, ttl: number): Promise<void> {
    await this.#connection.run((redis) => redis.set(this.#prefix + key, record, 'PX', Math.ceil(ttl), 'NX'));
  }

  async saveUnlessHeld(
    key: string,
    record: string,
    ttl: number,
    replaceable = '',
  ): Promise<string | undefined> {
    const held = await this.#connection.run((redis) =>
      redis.saveUnlessHeld(this.#prefix + key, record, Math.ceil(ttl), replaceable),
    );
    return held ?? undefined;
  }

  async load(key: string): Promise<string | undefined> {
    return (await this.#connection.run((redis) => redis.get(this.#prefix + key))) ?? undefined;
  }

  async remove(key: string): Promise<void> {
    await this.#connection.run((redis) => redis.del(this.#prefix + key));
  }

  async claim(key: string, claim: ClaimRequest): Promise<{ outcome: ClaimOutcome; record: string }> {
    const { challenge = NO_CHALLENGE, claimId } = claim;
    const [outcome, record] = await this.#connection.run(
      (redis) => redis.claimCode(this.#prefix + key, challenge, claimId),
      // The caller got a fault, so nobody will redeem the code that this may have claimed.
      () => void this.release(key, claimId).catch(() => {}),
    );
    return { outcome, record };
  }

  /** If the release fails, it is resent once when Redis is back: the client waits for its code, and nothing else frees it. */
  async release(key: string, claimId: string): Promise<void> {
    const send = () => this.#connection.run((redis) => redis.releaseCode(this.#prefix + key, claimId));
    try {
      await send();
    } catch (error) {
      this.#connection.whenBack(() => void send().catch(() => {}));
      throw error;
    }
  }

  ping(): Promise<void> {
    return this.#connection.ping();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }
}
