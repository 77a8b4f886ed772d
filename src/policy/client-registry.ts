import type { ClientPolicy } from './client-policy.ts';

/** The client policies of one issuer. An exact entry beats a prefix, a longer prefix a shorter one. */
export class ClientRegistry {
  readonly unlisted: ClientPolicy;
  readonly #exact = new Map<string, ClientPolicy>();
  readonly #prefixes = new Map<string, ClientPolicy>();
  /** Lengths of the configured prefixes, longest first: a look-up costs one probe for each, however many there are. */
  readonly #prefixLengths: readonly number[];

  constructor(entries: Iterable<ClientPolicy>, unlisted: ClientPolicy) {
    this.unlisted = unlisted;
    for (const policy of entries) {
      if (policy.name.endsWith('*')) this.#prefixes.set(policy.name.slice(0, -1), policy);
      else this.#exact.set(policy.name, policy);
    }
    this.#prefixLengths = [...new Set([...this.#prefixes.keys()].map((prefix) => prefix.length))].sort(
      (a, b) => b - a,
    );
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
