import { NO_CHALLENGE } from './code-record.ts';
import { type ClaimRequest, StoreFault } from './flow-store.ts';
import type { ClaimOutcome, RecordStore } from './record-store.ts';
import type { RedisClient } from './redis-client.ts';
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
    await this.#run(key, (redis, at) => redis.set(at, record, 'PX', Math.ceil(ttl), 'NX'));
  }

  async saveUnlessHeld(
    key: string,
    record: string,
    ttl: number,
    replaceable = '',
  ): Promise<string | undefined> {
    const reply = await this.#run(key, (redis, at) =>
      redis.saveUnlessHeld(at, record, Math.ceil(ttl), replaceable),
    );
    return typeof reply === 'string' ? reply : undefined;
  }

  async load(key: string): Promise<string | undefined> {
    return (await this.#run(key, (redis, at) => redis.get(at))) ?? undefined;
  }

  async remove(key: string): Promise<void> {
    await this.#run(key, (redis, at) => redis.del(at));
  }

  async claim(key: string, claim: ClaimRequest): Promise<{ outcome: ClaimOutcome; record: string }> {
    const { challenge = NO_CHALLENGE, claimId } = claim;
    const reply = await this.#run(
      key,
      (redis, at) => redis.claimCode(at, challenge, claimId),
      // The caller got a fault, so nobody will redeem the code that this may have claimed.
      () => void this.release(key, claimId).catch(() => {}),
    );
    const [outcome, record] = Array.isArray(reply) ? reply : [];
    if (typeof record !== 'string' || !isOutcome(outcome)) {
      throw new StoreFault('store_error', 'Redis gave a malformed reply to a claim');
    }
    return { outcome, record };
  }

  /** If the release fails, it is resent once when Redis is back: the client waits for its code, and nothing else frees it. */
  async release(key: string, claimId: string): Promise<void> {
    const send = () => this.#run(key, (redis, at) => redis.releaseCode(at, claimId));
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

  #run<Reply>(
    key: string,
    send: (redis: RedisClient, at: string) => Promise<Reply>,
    undo?: () => void,
  ): Promise<Reply> {
    const at = this.#prefix + key;
    return this.#connection.run((redis) => send(redis, at), undo);
  }
}

const OUTCOMES: Readonly<Record<ClaimOutcome, true>> = {
  unknown: true,
  claimed: true,
  mismatch: true,
  unpaired: true,
  expired: true,
  replayed: true,
  exhausted: true,
  wrapped: true,
};

function isOutcome(text: unknown): text is ClaimOutcome {
  return typeof text === 'string' && Object.hasOwn(OUTCOMES, text);
}
