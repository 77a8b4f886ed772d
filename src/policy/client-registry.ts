import { carriesIdToken } from '../oauth/authorization-request.ts';
import { foldClientId } from '../oauth/client-id.ts';
import { type ClientPolicies, type ClientPolicy, effectiveMode } from './client-policy.ts';
import { LAST_DRAW } from './draw.ts';
import { type Mode, strictestMode } from './mode.ts';

/** Which policy a client_id falls under, and how it was found. */
export type Listing = {
  readonly policy: ClientPolicy;
  /** `folded`: it is that client's only after folding; `pattern`: an entry with `*`; `none`: nobody lists it. */
  readonly by: 'name' | 'folded' | 'pattern' | 'none';
};

/** The client policies of one issuer. An exact entry beats a pattern, a longer pattern a shorter one. */
export class ClientRegistry {
  readonly unlisted: ClientPolicy;
  readonly #byName = new Map<string, ClientPolicy>();
  /** By folded name: servers that fold a client_id take all of these for one client, so the strictest counts. */
  readonly #byFolded = new Map<string, ClientPolicy>();
  readonly #patterns = new Map<string, ClientPolicy>();
  /** Lengths of the folded patterns, longest first: a look-up probes once for each length, however many patterns there are. */
  readonly #patternLengths: readonly number[];
  readonly #unlistedListing: Listing;

  /** One policy for each distinct (mode, enforce_from, enforce_percent): few, however many clients there are. */
  readonly #schedules: readonly ClientPolicy[];
  /** The same of those whose codes are not wrapped. */
  readonly #bare: readonly ClientPolicy[];

  constructor({ listed, unlisted }: ClientPolicies) {
    this.unlisted = unlisted;
    this.#unlistedListing = { policy: unlisted, by: 'none' };
    const schedules = new Map<string, ClientPolicy>();
    const bare = new Map<string, ClientPolicy>();
    for (const policy of listed) {
      const { name } = policy;
      if (name.endsWith('*')) {
        keepStrictest(this.#patterns, foldClientId(name.slice(0, -1)), policy);
      } else {
        this.#byName.set(name, policy);
        keepStrictest(this.#byFolded, foldClientId(name), policy);
      }
    }
    for (const policy of this.all()) {
      schedules.set(scheduleOf(policy), policy);
      if (policy.wrapCodes === false || policy.responseTypes.some(carriesIdToken))
        bare.set(scheduleOf(policy), policy);
    }
    const lengths = new Set([...this.#patterns.keys()].map((pattern) => pattern.length));
    this.#patternLengths = [...lengths].sort((a, b) => b - a);
    this.#schedules = [...schedules.values()];
    this.#bare = [...bare.values()];
  }

  /** Compared as servers fold it. An id that a pattern covers as written may be a listed one once it is folded. */
  find(clientId: string | undefined): Listing {
    if (clientId === undefined) return this.#unlistedListing;
    const named = this.#byName.get(clientId);
    if (named !== undefined) return { policy: named, by: 'name' };
    if (this.#byFolded.size === 0 && this.#patterns.size === 0) return this.#unlistedListing;
    const folded = foldClientId(clientId);
    const alike = this.#byFolded.get(folded);
    if (alike !== undefined) return { policy: alike, by: 'folded' };
    for (const length of this.#patternLengths) {
      if (length > folded.length) continue;
      const policy = this.#patterns.get(folded.slice(0, length));
      if (policy !== undefined) return { policy, by: 'pattern' };
    }
    return this.#unlistedListing;
  }

  /** The policy for a client_id; the one for unlisted clients where no entry matches or no id was given. */
  policyFor(clientId: string | undefined): ClientPolicy {
    return this.find(clientId).policy;
  }

  /** The entry of exactly this name. */
  entry(name: string): ClientPolicy | undefined {
    return this.#byName.get(name);
  }

  /** The mode for a request whose client cannot be told. */
  strictestMode(now: number): Mode {
    return strictestMode(this.#schedules.map((policy) => effectiveMode(policy, now)));
  }

  enforcesBareCodes(now: number): boolean {
    return this.#bare.some((policy) => effectiveMode(policy, now) === 'enforce');
  }

  /** Whether every flow of every client is enforced. */
  enforcesAll(now: number): boolean {
    return this.#schedules.every((policy) => effectiveMode(policy, now, LAST_DRAW) === 'enforce');
  }

  /** Every policy, the one for unlisted clients last. */
  *all(): Generator<ClientPolicy> {
    yield* this.#byName.values();
    yield* this.#patterns.values();
    yield this.unlisted;
  }
}

function keepStrictest(policies: Map<string, ClientPolicy>, key: string, policy: ClientPolicy): void {
  const known = policies.get(key);
  if (known === undefined || rank(policy) > rank(known)) policies.set(key, policy);
}

/** How strict an entry is, whenever it is asked. */
function rank({ mode, enforceFrom }: ClientPolicy): number {
  const scheduled = enforceFrom === undefined ? 0.5 : 0;
  return { off: 0, report: 1, enforce: 2 + scheduled, reject: 3 }[mode];
}

function scheduleOf({ mode, enforceFrom, enforcePercent }: ClientPolicy): string {
  return `${mode} ${enforceFrom} ${enforcePercent}`;
}
