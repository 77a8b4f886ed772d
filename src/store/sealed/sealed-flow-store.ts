import type { SealedConfig } from '../../config/config.ts';
import { decodeCode, encodeCode, FLOW_ID_LENGTH } from '../code-record.ts';
import {
  type BeginOptions,
  type BegunFlow,
  type Binding,
  type BindOptions,
  type Bound,
  type Claim,
  type ClaimRequest,
  type Flow,
  type FoundPushedRequest,
  type LiveFlow,
  type PushedRequest,
  StoreFault,
} from '../flow-store.ts';
import { KeyedFlowStore } from '../keyed-flow-store.ts';
import { DEFAULT_QUOTAS, type MemoryQuotas, MemoryRecordStore } from '../record-store-memory.ts';
import { codeKey, deliveredCodeKey } from '../store-key.ts';
import {
  openCode,
  openFlow,
  openPushedRequest,
  type Sealed,
  sealCode,
  sealFlow,
  sealPushedRequest,
} from './sealed-records.ts';
import { SealingKeys } from './sealing-keys.ts';

/** Allowed difference between the clocks of two gateways, in milliseconds. */
export const CLOCK_TOLERANCE = 5_000;

/** Milliseconds after its TTL until a code is over: its end is written in whole seconds. */
const LONGEST_DELAY = CLOCK_TOLERANCE + 1_000;

/** Milliseconds. The memory of a process sorts by lifetime, so there must be few different ones. */
const LIFETIME_STEP = 30_000;
/** Codes that a process remembers until they expire. For forgotten ones the server decides, as at another replica. */
const QUOTAS: MemoryQuotas = {
  ...DEFAULT_QUOTAS,
  codes: { count: 40_000, size: 16 * 1024 * 1024 },
};

const SAVED = Promise.resolve();

/** What a process remembers of a code. */
type Seen = Sealed<{ readonly flowId: string; readonly binding: Binding }>;

/** In place of the flow of a code that another process bound, which is unknown here. */
const BOUND_ELSEWHERE = '_'.repeat(FLOW_ID_LENGTH);

/** The end of a prefix is its authentication tag, which no other flow has. In this process only, so that no digest is needed. */
function flowIdOf(prefix: string): string {
  return prefix.slice(-FLOW_ID_LENGTH);
}

/**
 * A store without records: the prefix contains the flow, the client's code contains the binding. Any process with the same key
 * can read both. Each process also keeps claims, failed verifications, the first binding of a code and traits in its memory, and
 * logins survive the loss of these.
 */
export class SealedFlowStore extends KeyedFlowStore {
  override readonly keepsRecords = false;
  #keys: SealingKeys;
  #replay: SealedConfig['replay'];
  readonly #records: MemoryRecordStore;
  readonly #now: () => number;

  /** `now`: epoch milliseconds. */
  constructor({ keys, replay }: SealedConfig, now: () => number = Date.now) {
    const records = new MemoryRecordStore({ now, quotas: QUOTAS });
    super(records);
    this.#records = records;
    this.#keys = new SealingKeys(keys);
    this.#replay = replay;
    this.#now = now;
  }

  /** Removing a key ends its flows at once. */
  renew({ keys, replay }: SealedConfig): void {
    this.#keys = new SealingKeys(keys);
    this.#replay = replay;
  }

  override beginFlow(
    flow: Flow,
    { hadState, ttl, longest = Number.POSITIVE_INFINITY }: BeginOptions,
  ): BegunFlow | undefined {
    const expiresAt = this.#now() + ttl;
    const prefix = sealFlow(this.#keys, flow, { hadState, expiresAt, longest });
    if (prefix === undefined) return undefined;
    return { prefix, live: { flow, id: flowIdOf(prefix) }, saved: SAVED };
  }

  override async findFlow(upstream: string, prefix: string): Promise<LiveFlow | undefined> {
    const opened = openFlow(this.#keys, upstream, prefix);
    if (opened === undefined || this.#isOver(opened)) return undefined;
    const { expiresAt: _, ...flow } = opened;
    return { flow, id: flowIdOf(prefix) };
  }

  // This store finds nothing by the client's own state: `keepsRecords` says so, and the handlers begin no such flow.

  override async beginPreservedFlow(): Promise<'state_conflict'> {
    return 'state_conflict';
  }

  override async findPreservedFlow(): Promise<undefined> {}

  override async endPreservedFlow(): Promise<void> {}

  override async bindCode({ upstream, code, flowId, binding, codeTtl, wrap }: BindOptions): Promise<Bound> {
    // A bare code is only recognised: nothing is judged by its record.
    const key = wrap ? codeKey(upstream, code) : deliveredCodeKey(upstream, code);
    const seen = { flowId, binding, expiresAt: this.#now() + codeTtl };
    const earlier = await this.#remember(key, seen, codeTtl + LONGEST_DELAY);
    const first = earlier === undefined || earlier.flowId === BOUND_ELSEWHERE;
    if (!first && earlier.flowId !== flowId) return { outcome: 'bound_elsewhere' };
    // A code that is delivered again does not live longer.
    const expiresAt = earlier?.expiresAt ?? seen.expiresAt;
    const own = wrap ? sealCode(this.#keys, upstream, { binding, upstreamCode: code, expiresAt }) : code;
    return own === undefined ? { outcome: 'too_long' } : { outcome: 'bound', code: own, first };
  }

  override async findCode(upstream: string, code: string): Promise<Binding | undefined> {
    return openCode(this.#keys, upstream, code)?.binding ?? super.findCode(upstream, code);
  }

  /** This process remembers a code under the upstream's code: two seals of it are still one code. */
  override async claimCode(upstream: string, code: string, claim: ClaimRequest): Promise<Claim> {
    const opened = openCode(this.#keys, upstream, code);
    if (opened === undefined) {
      const binding = await super.findCode(upstream, code);
      return binding === undefined
        ? { outcome: 'unknown' }
        : { outcome: 'wrapped', binding, upstreamCode: code };
    }
    const { binding, upstreamCode } = opened;
    if (this.#isOver(opened)) return { outcome: 'expired', binding, upstreamCode };
    const key = codeKey(upstream, upstreamCode);
    let { outcome } = await this.#records.claim(key, claim);
    if (outcome === 'unknown') {
      const remaining = opened.expiresAt + CLOCK_TOLERANCE - this.#now();
      const ttl = Math.ceil(remaining / LIFETIME_STEP) * LIFETIME_STEP;
      await this.#remember(key, { ...opened, flowId: BOUND_ELSEWHERE }, ttl);
      ({ outcome } = await this.#records.claim(key, claim));
    }
    // Another process may have bound it to another flow, whose challenge is in its code.
    const isForeign = outcome === 'claimed' && claim.challenge !== binding.codeChallenge;
    if (isForeign || (outcome === 'claimed' && this.#replay === 'upstream'))
      await this.#records.release(key, claim.claimId);
    if (isForeign) return { outcome: 'mismatch', binding, upstreamCode };
    return outcome === 'unknown' ? { outcome } : { outcome, binding, upstreamCode };
  }

  override async releaseClaim(upstream: string, code: string, claimId: string): Promise<void> {
    const opened = openCode(this.#keys, upstream, code);
    if (opened !== undefined) await this.#records.release(codeKey(upstream, opened.upstreamCode), claimId);
  }

  override async savePushedRequest(
    upstream: string,
    requestUri: string,
    pushed: PushedRequest,
    ttl: number,
  ): Promise<string> {
    const expiresAt = this.#now() + ttl;
    const own = sealPushedRequest(this.#keys, upstream, { ...pushed, requestUri, expiresAt });
    if (own === undefined) throw new StoreFault('store_error', 'the request_uri cannot be sealed');
    return own;
  }

  override async findPushedRequest(
    upstream: string,
    requestUri: string,
  ): Promise<FoundPushedRequest | undefined> {
    const opened = openPushedRequest(this.#keys, upstream, requestUri);
    return opened === undefined || this.#isOver(opened) ? undefined : opened;
  }

  #isOver({ expiresAt }: Sealed<unknown>): boolean {
    return this.#now() >= expiresAt + CLOCK_TOLERANCE;
  }

  /** Remembers a code. The first binding that this process sees stays, and is returned. */
  async #remember(key: string, { flowId, binding, expiresAt }: Seen, ttl: number): Promise<Seen | undefined> {
    const record = encodeCode({ kind: 'seen', flowId, binding, attached: String(expiresAt) });
    const held = decodeCode(await this.#records.saveUnlessHeld(key, record, ttl));
    return held && { ...held, expiresAt: Number(held.attached) };
  }
}
