import { type KnownClaim, storeFault } from '../../store/flow-store.ts';
import type { Subject } from '../../telemetry/subject.ts';
import type { Exchange } from '../exchange.ts';

/**
 * A code between its claim and the upstream's answer: a 2xx spends it, anything else releases it, so that the client can
 * retry.
 */
export class ClaimedCode {
  readonly #exchange: Exchange;
  readonly #code: string;
  readonly #claimId: string;
  /** Whether the claim succeeded; if not, report still forwards the request. */
  readonly #holds: boolean;
  readonly #verified: boolean;
  readonly #subject: Subject;
  #sent = false;
  #settled = false;

  constructor(
    exchange: Exchange,
    code: string,
    { outcome, binding }: KnownClaim,
    claimId: string,
    subject: Subject,
  ) {
    this.#exchange = exchange;
    this.#code = code;
    this.#claimId = claimId;
    this.#holds = outcome === 'claimed';
    this.#verified = this.#holds && binding.codeChallenge !== undefined;
    this.#subject = subject;
  }

  /** The request is being sent upstream: if it ends without an answer, that is the upstream's fault. */
  send(): void {
    this.#sent = true;
  }

  /** The release comes before the response, so that a retry finds the code free. */
  async settle(status: number): Promise<void> {
    if (status < 200 || status >= 300) return this.release();
    this.#settled = true;
    this.#redeemed(this.#verified ? 'verified' : 'unverified');
  }

  async release(): Promise<void> {
    if (this.#settled) return;
    this.#settled = true;
    if (this.#sent) this.#redeemed('upstream_error');
    if (!this.#holds) return;
    const { services, group } = this.#exchange;
    // A fault was already counted and logged. The store gives the code back as soon as it can; until then nobody can redeem it.
    await services.store.releaseClaim(group.key, this.#code, this.#claimId).catch(storeFault);
  }

  #redeemed(result: 'verified' | 'unverified' | 'upstream_error'): void {
    this.#exchange.services.events.redeemed(this.#subject, result);
  }
}
