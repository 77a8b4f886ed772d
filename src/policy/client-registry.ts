import { type ClientPolicies, type ClientPolicy, effectiveMode } from './client-policy.ts';
import { type Mode, strictestMode } from './mode.ts';

/** The client policies of one issuer. An exact entry beats a prefix, a longer prefix a shorter one. */
export class ClientRegistry {
  readonly unlisted: ClientPolicy;
  readonly #exact = new Map<string, ClientPolicy>();
  readonly #prefixes = new Map<string, ClientPolicy>();
  /** Lengths of the configured prefixes, longest first: a look-up costs one probe for each, however many there are. */
  readonly #prefixLengths: readonly number[];

  /** One policy for each distinct (mode, enforce_from, enforce_percent): few, however many clients there are. */
  readonly #schedules: readonly ClientPolicy[];

  constructor({ listed, unlisted }: ClientPolicies) {
    this.unlisted = unlisted;
    for (const policy of listed) {
      if (policy.name.endsWith('*')) this.#prefixes.set(policy.name.slice(0, -1), policy);
      else this.#exact.set(policy.name, policy);
    }
    this.#prefixLengths = [...new Set([...this.#prefixes.keys()].map((prefix) => prefix.length))].sort(
      (a, b) => b - a,
    );
    const schedules = new Map<string, ClientPolicy>();
    for (const policy of this.all()) schedules.set(scheduleOf(policy), policy);
    this.#schedules = [...schedules.values()];
  }

  /**
   * The mode for a request whose client cannot be told: the strictest of all. Where any flow is enforced, so is this: it may
   * be a way around.
   */
  strictestMode(now: number): Mode {
    return strictestMode(this.#schedules.map((policy) => effectiveMode(policy, now)));
  }

  /** The policy for a client_id; the one for unlisted clients where no entry matches or no id was given. */
  policyFor(clientId: string | undefined): ClientPolicy {
    if (clientId === undefined) return this.unlisted;
    const exact = this.#exact.get(clientId);
    if (exact !== undefined) return exact;
    for (const length of this.#prefixLengths) {
      if (length > clientId.length) continue;
      const policy = this.#prefixes.get(clientId.slice(0, length));
      if (policy !== undefined) return policy;
    }
    return this.unlisted;
  }

  /** Every policy, the one for unlisted clients last. */
  *all(): Generator<ClientPolicy> {
    yield* this.#exact.values();
    yield* this.#prefixes.values();
    yield this.unlisted;
  }
}

function scheduleOf({ mode, enforceFrom, enforcePercent }: ClientPolicy): string {
  return `${mode} ${enforceFrom} ${enforcePercent}`;
}
