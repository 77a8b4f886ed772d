import { CODE_MEMORY, decodeCode, encodeCode } from './code-record.ts';
import { buildFlowPrefix, FLOW_PREFIX_LENGTH, FLOW_PREFIX_RANDOM_BYTES } from './flow-prefix.ts';
import type {
  BeginOptions,
  BegunFlow,
  Binding,
  BindOptions,
  Bound,
  Claim,
  ClaimRequest,
  Flow,
  FlowStore,
  FoundPushedRequest,
  LiveFlow,
  PushedRequest,
  Trait,
} from './flow-store.ts';
import { deriveGatewayCode, openSealedCode, SALT_BYTES, sealCode } from './gateway-code.ts';
import {
  decodeFlow,
  decodePushedRequest,
  encodeFlow,
  encodeFlowIdentity,
  encodePushedRequest,
} from './json-record.ts';
import { takeRandomBytes } from './random-pool.ts';
import type { RecordStore } from './record-store.ts';
import {
  codeKey,
  flowIdOf,
  flowKey,
  preservedFlowId,
  preservedFlowKey,
  pushedRequestKey,
  traitKey,
} from './store-key.ts';

/** The record of a trait. */
const SEEN = '1';
const CLAIM_ID = /^[A-Za-z0-9_-]{22}$/;

/** Flows, codes and pushed requests as records under keys, in a `RecordStore`. */
export class KeyedFlowStore implements FlowStore {
  readonly keepsRecords: boolean = true;
  readonly #records: RecordStore;

  /** The store disposes of `records`. */
  constructor(records: RecordStore) {
    this.#records = records;
  }

  beginFlow(flow: Flow, { hadState, ttl, longest }: BeginOptions): BegunFlow | undefined {
    if (longest !== undefined && FLOW_PREFIX_LENGTH > longest) return undefined;
    const prefix = buildFlowPrefix(flow.upstream, hadState, takeRandomBytes(FLOW_PREFIX_RANDOM_BYTES));
    const id = flowIdOf(flow.upstream, prefix);
    // A flow that is too long for a record is a fault of the saving.
    const saved = Promise.try(() => this.#records.save(flowKey(id), encodeFlow(flow), ttl));
    // It may fail before it is awaited.
    saved.catch(() => {});
    return { prefix, live: { flow, id }, saved };
  }

  async findFlow(upstream: string, prefix: string): Promise<LiveFlow | undefined> {
    const id = flowIdOf(upstream, prefix);
    const flow = decodeFlow(await this.#records.load(flowKey(id)), upstream);
    return flow && { flow, id };
  }

  async beginPreservedFlow(flow: Flow, state: string, ttl: number): Promise<LiveFlow | 'state_conflict'> {
    const key = preservedFlowKey(flow.upstream, flow.clientId, state);
    const identity = encodeFlowIdentity(flow);
    const held = await this.#records.saveUnlessHeld(key, encodeFlow(flow), ttl, identity);
    return held === undefined ? { flow, id: preservedFlowId(key, identity) } : 'state_conflict';
  }

  async findPreservedFlow(upstream: string, clientId: string, state: string): Promise<LiveFlow | undefined> {
    const key = preservedFlowKey(upstream, clientId, state);
    const flow = decodeFlow(await this.#records.load(key), upstream);
    return flow && { flow, id: preservedFlowId(key, encodeFlowIdentity(flow)) };
  }

  async endPreservedFlow(upstream: string, clientId: string, state: string): Promise<void> {
    await this.#records.remove(preservedFlowKey(upstream, clientId, state));
  }

  bindCode(options: BindOptions): Promise<Bound> {
    return options.wrap ? this.#bindWrapped(options) : this.#bindBare(options);
  }

  async findCode(upstream: string, code: string): Promise<Binding | undefined> {
    return decodeCode(await this.#records.load(codeKey(upstream, code)))?.binding;
  }

  async claimCode(upstream: string, code: string, claim: ClaimRequest): Promise<Claim> {
    if (!CLAIM_ID.test(claim.claimId)) throw new RangeError('a claim id is 128 bits in base64url');
    const { outcome, record } = await this.#records.claim(codeKey(upstream, code), claim);
    // A claim reads only the header. A record with an unreadable rest counts as missing.
    const stored = decodeCode(record);
    if (outcome === 'unknown' || stored === undefined) return { outcome: 'unknown' };
    const { kind, attached = '', binding } = stored;
    const upstreamCode = kind === 'own' ? openSealedCode(attached, code, upstream) : code;
    return upstreamCode === undefined ? { outcome: 'unknown' } : { outcome, binding, upstreamCode };
  }

  async releaseClaim(upstream: string, code: string, claimId: string): Promise<void> {
    await this.#records.release(codeKey(upstream, code), claimId);
  }

  async savePushedRequest(
    upstream: string,
    requestUri: string,
    pushed: PushedRequest,
    ttl: number,
  ): Promise<string> {
    await this.#records.save(pushedRequestKey(upstream, requestUri), encodePushedRequest(pushed), ttl);
    return requestUri;
  }

  async findPushedRequest(upstream: string, requestUri: string): Promise<FoundPushedRequest | undefined> {
    const pushed = decodePushedRequest(await this.#records.load(pushedRequestKey(upstream, requestUri)));
    return pushed && { ...pushed, requestUri };
  }

  async saveTrait(upstream: string, clientId: string, trait: Trait, ttl: number): Promise<void> {
    // Overwrites an earlier record: the time counts from the last observation.
    await this.#records.saveUnlessHeld(traitKey(upstream, clientId, trait), SEEN, ttl, SEEN);
  }

  async hasTrait(upstream: string, clientId: string, trait: Trait): Promise<boolean> {
    return (await this.#records.load(traitKey(upstream, clientId, trait))) !== undefined;
  }

  ping(): Promise<void> {
    return this.#records.ping();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#records[Symbol.asyncDispose]();
  }

  async #bindBare(options: BindOptions): Promise<Bound> {
    const { upstream, code, flowId, binding, codeTtl } = options;
    const record = encodeCode({ kind: 'bare', flowId, binding, attached: undefined });
    const ttl = codeTtl + CODE_MEMORY.bare;
    const held = await this.#records.saveUnlessHeld(codeKey(upstream, code), record, ttl);
    return held === undefined ? { outcome: 'bound', code, first: true } : boundBefore(held, options);
  }

  /** Sends the marker and the code's own record together. If there is a marker already, the new code is never given out, and expires. */
  async #bindWrapped(options: BindOptions): Promise<Bound> {
    const { upstream, code, flowId, binding, codeTtl } = options;
    const salt = takeRandomBytes(SALT_BYTES).toString('base64url');
    const own = deriveGatewayCode(code, salt);
    const marker = encodeCode({ kind: 'marker', flowId, binding, attached: salt });
    const record = encodeCode({ kind: 'own', flowId, binding, attached: sealCode(code, own, upstream) });
    const [held] = await Promise.all([
      this.#records.saveUnlessHeld(codeKey(upstream, code), marker, codeTtl + CODE_MEMORY.marker),
      this.#records.save(codeKey(upstream, own), record, codeTtl + CODE_MEMORY.own),
    ]);
    // A save that was sent twice finds its own record.
    const first = held === undefined || held === marker;
    return first ? { outcome: 'bound', code: own, first } : boundBefore(held, options);
  }
}

/** The first binding of an upstream's code stays. The same flow gets the same code again. */
function boundBefore(held: string, { code, flowId }: BindOptions): Bound {
  const stored = decodeCode(held);
  if (stored === undefined || stored.flowId !== flowId) return { outcome: 'bound_elsewhere' };
  const { kind, attached: salt = '' } = stored;
  return { outcome: 'bound', code: kind === 'marker' ? deriveGatewayCode(code, salt) : code, first: false };
}
