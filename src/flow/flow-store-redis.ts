import { BINDING_MEMORY, type Binding } from './binding.ts';
import { decodeBinding, encodeBinding, NO_CHALLENGE } from './binding-record.ts';
import type { Flow } from './flow.ts';
import { decodeFlow, encodeFlow } from './flow-record.ts';
import { type Claim, type FlowStore, StoreFault } from './flow-store.ts';
import type { PushedRequest } from './pushed-request.ts';
import { decodePushedRequest, encodePushedRequest, SPENT_PUSHED_REQUEST } from './pushed-request-record.ts';
import type { RedisClient, RedisConnection } from './redis-connection.ts';

/**
 * Flows and bindings in Redis (6.2 or newer), for any number of workers. Every key has a TTL, and every operation is one
 * command on one key, so that it runs on a cluster as well. Time is Redis's alone: the clocks of the gateways never matter.
 */
export class RedisFlowStore implements FlowStore {
  readonly #connection: RedisConnection;
  readonly #prefix: string;

  /** The store disposes of the connection. */
  constructor(connection: RedisConnection, prefix: string) {
    this.#connection = connection;
    this.#prefix = prefix;
  }

  saveFlow(key: string, flow: Flow, ttl: number): Promise<boolean> {
    return this.#save(key, encodeFlow(flow), ttl);
  }

  loadFlow(key: string): Promise<Flow | undefined> {
    return this.#load(key, decodeFlow);
  }

  async endFlow(key: string): Promise<void> {
    await this.#run(key, (redis, at) => redis.del(at));
  }

  saveBinding(key: string, binding: Binding, codeTtl: number): Promise<boolean> {
    return this.#save(key, encodeBinding(binding), codeTtl + BINDING_MEMORY);
  }

  loadBinding(key: string): Promise<Binding | undefined> {
    return this.#load(key, (record) => decodeBinding(record)?.binding);
  }

  claimBinding(key: string, presentedChallenge: string | undefined): Promise<Claim> {
    const presented = presentedChallenge ?? NO_CHALLENGE;
    return this.#run(key, (redis, at) => redis.claimBinding(at, presented, BINDING_MEMORY)).then(readClaim);
  }

  async releaseBinding(key: string): Promise<void> {
    await this.#run(key, (redis, at) => redis.releaseBinding(at));
  }

  async savePushedRequest(key: string, pushed: PushedRequest, ttl: number): Promise<void> {
    await this.#save(key, encodePushedRequest(pushed), ttl);
  }

  loadPushedRequest(key: string): Promise<PushedRequest | undefined> {
    return this.#load(key, decodePushedRequest);
  }

  async spendPushedRequest(key: string, ttl: number): Promise<boolean> {
    const milliseconds = Math.ceil(ttl);
    const before = await this.#run(key, (redis, at) =>
      redis.set(at, SPENT_PUSHED_REQUEST, 'PX', milliseconds, 'GET'),
    );
    return before !== SPENT_PUSHED_REQUEST;
  }

  async ping(): Promise<void> {
    await this.#connection.ping();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  #save(key: string, record: string, ttl: number): Promise<boolean> {
    const milliseconds = Math.ceil(ttl);
    return this.#run(key, (redis, at) => redis.set(at, record, 'PX', milliseconds, 'NX')).then(isOk);
  }

  #load<Value>(key: string, decode: (record: string) => Value | undefined): Promise<Value | undefined> {
    return this.#run(key, (redis, at) => redis.get(at)).then((record) =>
      record === null ? undefined : decode(record),
    );
  }

  #run<Reply>(key: string, send: (redis: RedisClient, at: string) => Promise<Reply>): Promise<Reply> {
    const at = this.#prefix + key;
    return this.#connection.run(at, (redis) => send(redis, at));
  }
}

function isOk(reply: unknown): boolean {
  return reply === 'OK';
}

function readClaim(reply: unknown): Claim {
  const [outcome, record] = Array.isArray(reply) ? reply : [];
  if (typeof record !== 'string')
    throw new StoreFault('store_error', 'Redis gave a malformed reply to a claim');
  // Redis looked at the header only. A record whose rest cannot be read is none.
  const binding = decodeBinding(record)?.binding;
  if (outcome === 'unknown' || binding === undefined) return { outcome: 'unknown' };
  if (!isOutcome(outcome)) throw new StoreFault('store_error', 'Redis gave a malformed reply to a claim');
  return { outcome, binding };
}

const OUTCOMES = ['claimed', 'mismatch', 'unpaired', 'expired', 'replayed', 'exhausted'] as const;

function isOutcome(text: unknown): text is (typeof OUTCOMES)[number] {
  return (OUTCOMES as readonly unknown[]).includes(text);
}
