import { type KnownClaim, storeFault } from '../../store/flow-store.ts';
import type { Exchange } from '../exchange.ts';
import { type IdentifiedClient, subjectOf } from '../identify-client.ts';

type Options = {
  readonly exchange: Exchange;
  readonly claim: KnownClaim;
  readonly claimId: string;
  /** As the client sent it. */
  readonly code: string;
  readonly owner: IdentifiedClient;
};

/**
 * A code between its claim and the upstream's answer: a 2xx spends it, anything else releases it, so that the client can
 * retry. In report, the request is forwarded even if the claim failed.
 */
export class ClaimedCode {
  readonly #options: Options;
  #sent = false;
  #settled = false;

  constructor(options: Options) {
    this.#options = options;
  }

  /** The request is being sent upstream: if it ends without an answer, that is the upstream's fault. */
  send(): void {
    this.#sent = true;
  }

  /** The release comes before the response, so that a retry finds the code free. */
  async settle(status: number): Promise<void> {
    if (status < 200 || status >= 300) return this.release();
    this.#settled = true;
    const { outcome, binding } = this.#options.claim;
    const isVerified = outcome === 'claimed' && binding.codeChallenge !== undefined;
    this.#redeemed(isVerified ? 'verified' : 'unverified');
  }

  async release(): Promise<void> {
    if (this.#settled) return;
    this.#settled = true;
    if (this.#sent) this.#redeemed('upstream_error');
    const { claim, claimId, code, exchange } = this.#options;
    if (claim.outcome !== 'claimed') return;
    const { services, group } = exchange;
    // A fault was already counted and logged. The store gives the code back as soon as it can; until then nobody can redeem it.
    await services.store.releaseClaim(group.key, code, claimId).catch(storeFault);
  }

  #redeemed(result: 'verified' | 'unverified' | 'upstream_error'): void {
    const { exchange, owner } = this.#options;
    exchange.services.events.redeemed(subjectOf(exchange, owner), result);
  }
}
