/** The intended end of a login. */
export type Ending = 'done' | 'refused' | 'abandoned';

/** An injected fault. Times in milliseconds; `end`: when it was over. */
export type Fault = {
  readonly name: string;
  readonly begin: number;
  end: number;
  /** The symptoms that it explains. Other failures in the meantime are not its result. */
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
  /** Unexplained results: the kind, and what the client saw. */
  readonly unaccounted: readonly string[];
  /** Logins whose code was redeemed more than once. */
  readonly doubled: readonly string[];
  /** Logins that are done without a redemption, or redeemed without being done. */
  readonly mismatched: readonly string[];
};

/** Every login and its result. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #faults: Fault[] = [];

  begin(id: string, kind: string, now: number): void {
    this.#entries.set(id, { kind, begin: now, outcome: undefined });
  }

  end(id: string, ending: Ending): void {
    this.#entry(id).outcome = ending;
  }

  /** Records an unexpected result of a login: only a fault during the login can explain it. */
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

  /** `redemptions`: how often the server issued tokens for each code, by login. */
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

/** In the format of the gateways' logs. */
export function momentOf(now: number): string {
  return new Date(performance.timeOrigin + now).toISOString();
}
