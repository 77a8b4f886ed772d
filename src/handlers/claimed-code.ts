import type { Binding } from '../flow/binding.ts';
import { StoreFault } from '../flow/flow-store.ts';
import type { Subject } from '../telemetry/activity-sink.ts';
import type { Outcome } from '../upstream/outcome.ts';
import type { ResponseHead } from '../upstream/response-headers.ts';
import type { Exchange } from './exchange.ts';

/**
 * A code between its claim and what the upstream says to it: a 2xx spends it, anything else gives it back, so that the
 * client can try again. Disposal covers every way out that came before an answer.
 */
export class ClaimedCode implements AsyncDisposable {
  readonly #exchange: Exchange;
  /** The claimed binding; `undefined` where the claim failed, and report lets the request go on all the same. */
  readonly #key: string | undefined;
  readonly #verified: boolean;
  readonly #subject: Subject;
  #settled = false;

  constructor(exchange: Exchange, key: string | undefined, binding: Binding, client: string) {
    this.#exchange = exchange;
    this.#key = key;
    this.#verified = key !== undefined && binding.codeChallenge !== undefined;
    this.#subject = { issuer: exchange.issuer.name, client, clientId: binding.clientId };
  }

  /** The release comes before the response, so that a retry finds the code free. */
  settle(head: ResponseHead): Outcome | Promise<Outcome> {
    if (head.status >= 200 && head.status < 300) {
      this.#settled = true;
      this.#redeemed(this.#verified ? 'verified' : 'unverified');
      return { pass: head };
    }
    this.#redeemed('upstream_error');
    return this.release().then(() => ({ pass: head }));
  }

  async release(): Promise<void> {
    if (this.#settled) return;
    this.#settled = true;
    if (this.#key === undefined) return;
    try {
      await this.#exchange.services.store.releaseBinding(this.#key);
    } catch (error) {
      // Already counted and logged. The code stays claimed: lost to its client, but to everybody else as well.
      if (!(error instanceof StoreFault)) throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#settled) this.#redeemed('upstream_error');
    await this.release();
  }

  #redeemed(result: 'verified' | 'unverified' | 'upstream_error'): void {
    this.#exchange.services.events.redeemed(this.#subject, result);
  }
}
