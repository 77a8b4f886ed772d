import type { Binding } from './binding.ts';
import type { Flow } from './flow.ts';
import type { Claim, FlowStore } from './flow-store.ts';
import { type ObserveOperation, observeOperation } from './observe-operation.ts';
import type { PushedRequest } from './pushed-request.ts';

type StoreOperation = Exclude<keyof FlowStore, symbol>;

export type StoreObserver = ObserveOperation<StoreOperation>;

/** Any store, with each operation reported. */
export class ObservedFlowStore implements FlowStore {
  readonly #store: FlowStore;
  readonly #observe: StoreObserver;

  constructor(store: FlowStore, observe: StoreObserver) {
    this.#store = store;
    this.#observe = observe;
  }

  saveFlow(key: string, flow: Flow, ttl: number): Promise<boolean> {
    return this.#observed('saveFlow', this.#store.saveFlow(key, flow, ttl));
  }

  loadFlow(key: string): Promise<Flow | undefined> {
    return this.#observed('loadFlow', this.#store.loadFlow(key));
  }

  endFlow(key: string): Promise<void> {
    return this.#observed('endFlow', this.#store.endFlow(key));
  }

  saveBinding(key: string, binding: Binding, codeTtl: number): Promise<boolean> {
    return this.#observed('saveBinding', this.#store.saveBinding(key, binding, codeTtl));
  }

  loadBinding(key: string): Promise<Binding | undefined> {
    return this.#observed('loadBinding', this.#store.loadBinding(key));
  }

  claimBinding(key: string, presentedChallenge: string | undefined): Promise<Claim> {
    return this.#observed('claimBinding', this.#store.claimBinding(key, presentedChallenge));
  }

  releaseBinding(key: string): Promise<void> {
    return this.#observed('releaseBinding', this.#store.releaseBinding(key));
  }

  savePushedRequest(key: string, pushed: PushedRequest, ttl: number): Promise<void> {
    return this.#observed('savePushedRequest', this.#store.savePushedRequest(key, pushed, ttl));
  }

  loadPushedRequest(key: string): Promise<PushedRequest | undefined> {
    return this.#observed('loadPushedRequest', this.#store.loadPushedRequest(key));
  }

  spendPushedRequest(key: string, ttl: number): Promise<boolean> {
    return this.#observed('spendPushedRequest', this.#store.spendPushedRequest(key, ttl));
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
