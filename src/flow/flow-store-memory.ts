import { timingSafeEqual } from 'node:crypto';
import { BINDING_MEMORY, type Binding } from './binding.ts';
import { advanceBinding, decodeBinding, encodeBinding } from './binding-record.ts';
import { ExpiringRecords } from './expiring-records.ts';
import type { Flow } from './flow.ts';
import { decodeFlow, encodeFlow } from './flow-record.ts';
import { type Claim, type FlowStore, StoreFault } from './flow-store.ts';
import type { PushedRequest } from './pushed-request.ts';
import { decodePushedRequest, encodePushedRequest, SPENT_PUSHED_REQUEST } from './pushed-request-record.ts';

/**
 * Flows and codes together. With flows of ten minutes, 100 000 are a steady 160 authorization requests a second in some
 * 45 MB. Who has more, or more than one process, has Redis.
 */
export const DEFAULT_MEMORY_CAPACITY = 100_000;

/** Characters that an entry may cost on average. Without it, a flood of huge redirect_uris would exhaust the memory far below the cap. */
const AVERAGE_ENTRY_SIZE = 1024;

/**
 * Flows and bindings in this process: for one worker, gone with it. It holds encoded records rather than objects: they
 * take half the memory, and what is read passes the same checks as what comes from Redis.
 */
export class MemoryFlowStore implements FlowStore {
  readonly #flows = new ExpiringRecords();
  readonly #bindings = new ExpiringRecords();
  readonly #capacity: number;
  readonly #now: () => number;

  /** `now`: milliseconds of a clock that does not go back. */
  constructor(options: { readonly capacity?: number; readonly now?: () => number } = {}) {
    this.#capacity = options.capacity ?? DEFAULT_MEMORY_CAPACITY;
    this.#now = options.now ?? (() => performance.now());
  }

  async saveFlow(key: string, flow: Flow, ttl: number): Promise<boolean> {
    return this.#save(this.#flows, key, encodeFlow(flow), ttl);
  }

  async loadFlow(key: string): Promise<Flow | undefined> {
    const found = this.#flows.get(key, this.#now());
    return found === undefined ? undefined : decodeFlow(found.record);
  }

  async endFlow(key: string): Promise<void> {
    this.#flows.take(key, this.#now());
  }

  async saveBinding(key: string, binding: Binding, codeTtl: number): Promise<boolean> {
    return this.#save(this.#bindings, key, encodeBinding(binding), codeTtl + BINDING_MEMORY);
  }

  async loadBinding(key: string): Promise<Binding | undefined> {
    const found = this.#bindings.get(key, this.#now());
    return found === undefined ? undefined : decodeBinding(found.record)?.binding;
  }

  // Nothing between reading the binding and claiming it awaits: that is what makes it atomic here.
  async claimBinding(key: string, presentedChallenge: string | undefined): Promise<Claim> {
    const found = this.#bindings.get(key, this.#now());
    const stored = found === undefined ? undefined : decodeBinding(found.record);
    if (found === undefined || stored === undefined) return { outcome: 'unknown' };

    const { status, attempts, binding } = stored;
    if (status === 'claimed') return { outcome: 'replayed', binding };
    if (status === 'burnt') return { outcome: 'exhausted', binding };
    if (found.remaining <= BINDING_MEMORY) return { outcome: 'expired', binding };
    if ((presentedChallenge === undefined) !== (binding.codeChallenge === undefined)) {
      return { outcome: 'unpaired', binding };
    }
    if (areEqual(presentedChallenge ?? '', binding.codeChallenge ?? '')) {
      this.#bindings.replace(key, advanceBinding(found.record, 'claimed', attempts));
      return { outcome: 'claimed', binding };
    }
    const burnt = attempts + 1 >= binding.maxAttempts;
    this.#bindings.replace(key, advanceBinding(found.record, burnt ? 'burnt' : 'bound', attempts + 1));
    return { outcome: 'mismatch', binding };
  }

  async releaseBinding(key: string): Promise<void> {
    const found = this.#bindings.get(key, this.#now());
    const stored = found === undefined ? undefined : decodeBinding(found.record);
    if (found === undefined || stored?.status !== 'claimed') return;
    this.#bindings.replace(key, advanceBinding(found.record, 'bound', stored.attempts));
  }

  async savePushedRequest(key: string, pushed: PushedRequest, ttl: number): Promise<void> {
    this.#save(this.#flows, key, encodePushedRequest(pushed), ttl);
  }

  async loadPushedRequest(key: string): Promise<PushedRequest | undefined> {
    const found = this.#flows.get(key, this.#now());
    return found === undefined ? undefined : decodePushedRequest(found.record);
  }

  async spendPushedRequest(key: string, ttl: number): Promise<boolean> {
    const before = this.#flows.take(key, this.#now());
    this.#save(this.#flows, key, SPENT_PUSHED_REQUEST, ttl);
    return before !== SPENT_PUSHED_REQUEST;
  }

  async ping(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  #save(records: ExpiringRecords, key: string, record: string, ttl: number): boolean {
    const now = this.#now();
    this.#flows.sweep(now);
    this.#bindings.sweep(now);
    if (records.get(key, now) !== undefined) return false;
    this.#makeRoom(key.length + record.length);
    records.add(key, record, now, ttl);
    return true;
  }

  /** A code that was issued is never given up for a flow, which anybody can begin. */
  #makeRoom(size: number): void {
    while (
      this.#flows.count + this.#bindings.count >= this.#capacity ||
      this.#flows.size + this.#bindings.size + size > this.#capacity * AVERAGE_ENTRY_SIZE
    ) {
      if (!this.#flows.evictOldest()) {
        throw new StoreFault('store_full', 'the memory store is full of codes that have not expired');
      }
    }
  }
}

function areEqual(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  // Both are digests of one fixed length: that tells nothing.
  return left.length === right.length && timingSafeEqual(left, right);
}
