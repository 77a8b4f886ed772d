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
import { type ObserveOperation, observeOperation } from './observe-operation.ts';

export type StoreOperation = Exclude<keyof FlowStore, symbol | 'keepsRecords'>;

export type StoreObserver = ObserveOperation<StoreOperation>;

/** Wraps a store and reports each operation. */
export class ObservedFlowStore implements FlowStore {
  readonly #store: FlowStore;
  readonly #observe: StoreObserver;

  constructor(store: FlowStore, observe: StoreObserver) {
    this.#store = store;
    this.#observe = observe;
  }

  get keepsRecords(): boolean {
    return this.#store.keepsRecords;
  }

  beginFlow(flow: Flow, options: BeginOptions): BegunFlow | undefined {
    const begun = this.#store.beginFlow(flow, options);
    if (begun === undefined) return undefined;
    const saved = this.#observed('beginFlow', begun.saved);
    // It may fail before it is awaited.
    saved.catch(() => {});
    return { ...begun, saved };
  }

  findFlow(upstream: string, prefix: string): Promise<LiveFlow | undefined> {
    return this.#observed('findFlow', this.#store.findFlow(upstream, prefix));
  }

  beginPreservedFlow(flow: Flow, state: string, ttl: number): Promise<LiveFlow | 'state_conflict'> {
    return this.#observed('beginPreservedFlow', this.#store.beginPreservedFlow(flow, state, ttl));
  }

  findPreservedFlow(upstream: string, clientId: string, state: string): Promise<LiveFlow | undefined> {
    return this.#observed('findPreservedFlow', this.#store.findPreservedFlow(upstream, clientId, state));
  }

  endPreservedFlow(upstream: string, clientId: string, state: string): Promise<void> {
    return this.#observed('endPreservedFlow', this.#store.endPreservedFlow(upstream, clientId, state));
  }

  bindCode(options: BindOptions): Promise<Bound> {
    return this.#observed('bindCode', this.#store.bindCode(options));
  }

  findCode(upstream: string, code: string): Promise<Binding | undefined> {
    return this.#observed('findCode', this.#store.findCode(upstream, code));
  }

  claimCode(upstream: string, code: string, claim: ClaimRequest): Promise<Claim> {
    return this.#observed('claimCode', this.#store.claimCode(upstream, code, claim));
  }

  releaseClaim(upstream: string, code: string, claimId: string): Promise<void> {
    return this.#observed('releaseClaim', this.#store.releaseClaim(upstream, code, claimId));
  }

  savePushedRequest(
    upstream: string,
    requestUri: string,
    pushed: PushedRequest,
    ttl: number,
  ): Promise<string> {
    return this.#observed(
      'savePushedRequest',
      this.#store.savePushedRequest(upstream, requestUri, pushed, ttl),
    );
  }

  findPushedRequest(upstream: string, requestUri: string): Promise<FoundPushedRequest | undefined> {
    return this.#observed('findPushedRequest', this.#store.findPushedRequest(upstream, requestUri));
  }

  saveTrait(upstream: string, clientId: string, trait: Trait, ttl: number): Promise<void> {
    return this.#observed('saveTrait', this.#store.saveTrait(upstream, clientId, trait, ttl));
  }

  hasTrait(upstream: string, clientId: string, trait: Trait): Promise<boolean> {
    return this.#observed('hasTrait', this.#store.hasTrait(upstream, clientId, trait));
  }

  ping(): Promise<void> {
    return this.#observed('ping', this.#store.ping());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
  }

  #observed<T>(operation: StoreOperation, pending: Promise<T>): Promise<T> {
    return observeOperation(this.#observe, operation, pending);
  }
}
