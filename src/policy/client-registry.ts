import { carriesIdToken } from '../oauth/authorization-request.ts';
import { foldClientId } from '../oauth/fold-text.ts';
import {
  type ClientPolicies,
  type ClientPolicy,
  effectiveMode,
  enforcedShare,
  isPattern,
  LAST_DRAW,
} from './client-policy.ts';
import { type Mode, strictestMode } from './mode.ts';
import type { Violation } from './reason.ts';

/** The policy for a client_id, and how it was found. */
export type Listing = {
  readonly policy: ClientPolicy;
  /** `folded`: the id matches that client only after folding; `pattern`: an entry with `*`; `none`: no entry matches. */
  readonly by: 'name' | 'folded' | 'pattern' | 'none';
};

/** An id that equals a listed client's only after folding: some server may read it as that client's. */
export function decideClientId({ by }: Listing, clientId: string | undefined): Violation | undefined {
  return by === 'folded' ? { reason: 'client_id_ambiguous', detail: clientId } : undefined;
}

/** The client policies of one issuer. An exact entry beats a pattern, a longer pattern a shorter one. */
export class ClientRegistry {
  readonly unlisted: ClientPolicy;
  readonly #byName = new Map<string, ClientPolicy>();
  /** By folded name. Servers that fold a client_id read equal entries as one client, so they are equally strict. */
  readonly #byFolded = new Map<string, ClientPolicy>();
  readonly #patterns = new Map<string, ClientPolicy>();
  /** Lengths of the folded patterns, longest first: a look-up probes once per length, not once per pattern. */
  #patternLengths: readonly number[] = [];
  readonly #unlistedListing: Listing;

  /** One policy for each distinct (mode, enforce_from, enforce_percent, on_store_failure, whether it has redirect_uris): few. */
  #schedules: readonly ClientPolicy[] = [];
  /** The same for the policies whose codes are not wrapped. */
  #bare: readonly ClientPolicy[] = [];

  private constructor(unlisted: ClientPolicy) {
    this.unlisted = unlisted;
    this.#unlistedListing = { policy: unlisted, by: 'none' };
  }

  /** Builds a registry in steps, because there may be many clients. */
  static *build({ listed, unlisted }: ClientPolicies): Generator<void, ClientRegistry> {
    const registry = new ClientRegistry(unlisted);
    for (const policy of listed) {
      registry.#add(policy);
      yield;
    }
    const schedules = new Map<string, ClientPolicy>();
    const bare = new Map<string, ClientPolicy>();
    for (const policy of registry.all()) {
      const schedule = scheduleOf(policy);
      schedules.set(schedule, policy);
      if (policy.wrapCodes === false || policy.responseTypes.some(carriesIdToken)) bare.set(schedule, policy);
      yield;
    }
    const lengths = new Set(registry.#patterns.keys().map((pattern) => pattern.length));
    registry.#patternLengths = [...lengths].sort((a, b) => b - a);
    registry.#schedules = [...schedules.values()];
    registry.#bare = [...bare.values()];
    return registry;
  }

  /** Compared as servers fold it. An id that matches a pattern as written may match a listed client after folding. */
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

  /** The policy for a client_id; that of unlisted clients if no entry matches or there is no id. */
  policyFor(clientId: string | undefined): ClientPolicy {
    return this.find(clientId).policy;
  }

  /** The mode for a request with an unclear client. */
  strictestMode(now: number): Mode {
    return strictestMode(this.#schedules.map((policy) => effectiveMode(policy, now)));
  }

  /** The policies that may apply to a message with an unclear client. */
  anybody(now: number): { readonly policy: ClientPolicy; readonly mode: Mode }[] {
    return this.#schedules.map((policy) => ({ policy, mode: effectiveMode(policy, now) }));
  }

  enforcesBareCodes(now: number): boolean {
    return this.#bare.some((policy) => effectiveMode(policy, now) === 'enforce');
  }

  /** Whether every flow of every client is enforced. */
  enforcesAll(now: number): boolean {
    return this.#schedules.every((policy) => effectiveMode(policy, now, LAST_DRAW) === 'enforce');
  }

  /** Entries that some servers read as one client are enforced whenever the strictest of them is. */
  #add(policy: ClientPolicy): void {
    const { name } = policy;
    const isForMany = isPattern(name);
    const byFolded = isForMany ? this.#patterns : this.#byFolded;
    const folded = foldClientId(isForMany ? name.slice(0, -1) : name);
    const known = byFolded.get(folded);
    const group = known === undefined ? [policy] : alignModes([...(known.alike ?? [known]), policy]);
    byFolded.set(folded, group[0] as ClientPolicy);
    if (!isForMany) for (const one of group) this.#byName.set(one.name, one);
  }

  /** Every policy, the one for unlisted clients last. */
  *all(): Generator<ClientPolicy> {
    yield* this.#byName.values();
    yield* this.#patterns.values();
    yield this.unlisted;
  }
}

/** Sorts the strictest first. */
function alignModes(group: readonly ClientPolicy[]): readonly ClientPolicy[] {
  const onStoreFailure = group.every((policy) => policy.onStoreFailure === 'allow') ? 'allow' : 'reject';
  const inTheEnd = (policy: ClientPolicy) => enforcedShare(policy, Number.POSITIVE_INFINITY);
  return group
    .toSorted((one, other) => inTheEnd(other) - inTheEnd(one))
    .map((policy) => ({ ...policy, onStoreFailure, alike: group }));
}

function scheduleOf(policy: ClientPolicy): string {
  return (policy.alike ?? [policy])
    .map(({ mode, enforceFrom, enforcePercent }) => `${mode} ${enforceFrom} ${enforcePercent}`)
    .sort()
    .join()
    .concat(` ${policy.onStoreFailure} ${policy.redirectUris === undefined}`);
}
