import type { Binding } from './binding.ts';
import type { Flow } from './flow.ts';
import type { PushedRequest } from './pushed-request.ts';

/** What became of an attempt to claim a code. Exactly one `claimed` comes between a binding and its release. */
export type Claim =
  /** No such binding, or a record that cannot be read. */
  | { readonly outcome: 'unknown' }
  | {
      readonly outcome: /** The challenge matched (or both sides had none); the code is now this caller's alone. */
        | 'claimed'
        /** The presented challenge is not the binding's; the failure is counted. */
        | 'mismatch'
        /** No challenge was presented for a binding that has one, or one for a binding that has none. Not counted. */
        | 'unpaired'
        /** Older than its code_ttl. */
        | 'expired'
        /** Claimed before, and not released. */
        | 'replayed'
        /** Burnt by too many failed verifications. */
        | 'exhausted';
      readonly binding: Binding;
    };

/**
 * Where flows and bindings live. Keys are made by `keys.ts` (digests, never a code or a state in clear).
 * Every operation is one round trip, touches one key, and throws a `StoreFault` when the store cannot answer.
 * Times are milliseconds.
 */
export interface FlowStore extends AsyncDisposable {
  /** Saves a flow unless the key holds a live one; says whether it did. */
  saveFlow(key: string, flow: Flow, ttl: number): Promise<boolean>;
  /** The live flow; `undefined` for none, an expired one, or a record that cannot be read. */
  loadFlow(key: string): Promise<Flow | undefined>;
  /** Forgets a flow, so that its key is free. */
  endFlow(key: string): Promise<void>;
  /** Saves a fresh binding, unless the key holds one; says whether it did. Kept for `codeTtl` + `BINDING_MEMORY`. */
  saveBinding(key: string, binding: Binding, codeTtl: number): Promise<boolean>;
  /** The binding, whatever its state; `undefined` for none, or a record that cannot be read. Claims nothing. */
  loadBinding(key: string): Promise<Binding | undefined>;
  /** Looks a binding up and, where the presented challenge equals its own and it is free, claims it: atomically. */
  claimBinding(key: string, presentedChallenge: string | undefined): Promise<Claim>;
  /** Gives a claimed binding back, as it was before the claim. No effect on one that is gone. */
  releaseBinding(key: string): Promise<void>;
  /** Remembers a pushed request under its request_uri. */
  savePushedRequest(key: string, pushed: PushedRequest, ttl: number): Promise<void>;
  /** The pushed request; `undefined` for none, one that is spent or expired, or a record that cannot be read. */
  loadPushedRequest(key: string): Promise<PushedRequest | undefined>;
  /** Spends it, atomically: says whether it was not spent before. That it is spent is remembered for `ttl`. */
  spendPushedRequest(key: string, ttl: number): Promise<boolean>;
  /** Resolves where the store answers. */
  ping(): Promise<void>;
}

/** The store could not do what it was asked. A fault, never a refusal. */
export class StoreFault extends Error {
  readonly code: 'store_unreachable' | 'store_timeout' | 'store_full' | 'store_error';

  constructor(code: StoreFault['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreFault';
    this.code = code;
  }
}
