import { storeFault } from '../../store/flow-store.ts';
import { subjectOf } from '../identify-client.ts';
import type { TokenContext } from './token-context.ts';

/**
 * A code between its claim and the upstream's answer: a 2xx spends it, anything else releases it, so that the client can
 * retry. In report, the request is forwarded even if the claim failed.
 */
export class ClaimedCode {
  readonly #context: TokenContext;
  readonly #code: string;
  readonly #claimId: string;
  #sent = false;
  #settled = false;

  constructor(context: TokenContext, code: string, claimId: string) {
    this.#context = context;
    this.#code = code;
    this.#claimId = claimId;
  }

  /** The request is being sent upstream: if it ends without an answer, that is the upstream's fault. */
  send(): void {
    this.#sent = true;
  }

  /** The release comes before the response, so that a retry finds the code free. */
  async settle(status: number): Promise<void> {
    if (status < 200 || status >= 300) return this.release();
    this.#settled = true;
    const { claim, binding } = this.#context;
    const isVerified = claim.outcome === 'claimed' && binding.codeChallenge !== undefined;
    this.#redeemed(isVerified ? 'verified' : 'unverified');
  }

  async release(): Promise<void> {
    if (this.#settled) return;
    this.#settled = true;
    if (this.#sent) this.#redeemed('upstream_error');
    const { claim, exchange } = this.#context;
    if (claim.outcome !== 'claimed') return;
    const { services, group } = exchange;
    // A fault was already counted and logged. The store gives the code back as soon as it can; until then nobody can redeem it.
    await services.store.releaseClaim(group.key, this.#code, this.#claimId).catch(storeFault);
  }

  #redeemed(result: 'verified' | 'unverified' | 'upstream_error'): void {
    const { exchange, owner } = this.#context;
    exchange.services.events.redeemed(subjectOf(exchange, owner), result);
  }
}
