/** How a login ended, as its kind has it. */
export type Ending = 'done' | 'refused' | 'abandoned';

/** Something was broken on purpose. Times in milliseconds; `end`: when all was well again. */
export type Fault = {
  readonly name: string;
  readonly begin: number;
  end: number;
  /** What a login may see of it. Anything else that goes wrong in the meantime is not its doing. */
  readonly symptoms: readonly string[];
};

type Entry = {
  readonly kind: string;
  readonly begin: number;
  outcome:
    | Ending
    | { readonly failedBy: string }
    | { readonly unaccounted: string; readonly at: number }
    | undefined;
};

export type Accounts = {
  readonly begun: number;
  readonly endings: Readonly<Record<Ending, number>>;
  /** Logins that an injected fault has ended, by the fault's name. */
  readonly failedBy: ReadonlyMap<string, number>;
  /** What nothing explains: kind, and what the client saw. */
  readonly unaccounted: readonly string[];
  /** Logins whose code was redeemed more than once. */
  readonly doubled: readonly string[];
  /** Logins that are done without a redemption, or the other way round. */
  readonly mismatched: readonly string[];
};

/** Every login that was begun, and what became of it. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #faults: Fault[] = [];

  begin(id: string, kind: string, now: number): void {
    this.#entries.set(id, { kind, begin: now, outcome: undefined });
  }

  end(id: string, ending: Ending): void {
    this.#entry(id).outcome = ending;
  }

  /** A login that saw what it should not have seen: only a fault that it has met can explain that. */
  fail(id: string, seen: string, now: number): void {
    const entry = this.#entry(id);
    const fault = this.#faults.find(
      ({ begin, end, symptoms }) => begin <= now && entry.begin <= end && symptoms.includes(seen),
    );
    entry.outcome = fault === undefined ? { unaccounted: seen, at: now } : { failedBy: fault.name };
  }

  /** Begins a fault, which lasts until its `end` is set. */
  inject(name: string, symptoms: readonly string[], now: number): Fault {
    const fault = { name, begin: now, end: Number.POSITIVE_INFINITY, symptoms };
    this.#faults.push(fault);
    return fault;
  }

  get faults(): readonly Fault[] {
    return this.#faults;
  }

  /** `redemptions`: how often the server gave tokens for each code, by the login that it belonged to. */
  close(redemptions: readonly { readonly subject: string; readonly times: number }[]): Accounts {
    const redeemed = new Map<string, number>();
    for (const { subject, times } of redemptions) redeemed.set(subject, (redeemed.get(subject) ?? 0) + times);
    const endings = { done: 0, refused: 0, abandoned: 0 };
    const failedBy = new Map<string, number>();
    const unaccounted: string[] = [];
    const mismatched: string[] = [];
    for (const [id, { kind, outcome }] of this.#entries) {
      const times = redeemed.get(id) ?? 0;
      if (typeof outcome === 'string') {
        endings[outcome] += 1;
        if ((outcome === 'done') !== times > 0) mismatched.push(`${kind}: ${outcome}, ${times} redemptions`);
      } else if (outcome === undefined) {
        unaccounted.push(`${kind}: has not ended`);
      } else if ('failedBy' in outcome) {
        failedBy.set(outcome.failedBy, (failedBy.get(outcome.failedBy) ?? 0) + 1);
      } else {
        unaccounted.push(`${momentOf(outcome.at)} ${kind}: ${outcome.unaccounted}`);
      }
    }
    const known = [...redeemed.keys()].filter((id) => !this.#entries.has(id));
    for (const id of known) mismatched.push(`a redemption for ${id}, who never logged in`);
    const doubled = [...redeemed].filter(([, times]) => times > 1).map(([id]) => this.#entry(id).kind);
    return { begun: this.#entries.size, endings, failedBy, unaccounted, doubled, mismatched };
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new Error(`no login ${id} was begun`);
    return entry;
  }
}

/** As the gateways' logs have it. */
export function momentOf(now: number): string {
  return new Date(performance.timeOrigin + now).toISOString();
}
