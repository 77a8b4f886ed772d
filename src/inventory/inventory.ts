import { randomUUID } from 'node:crypto';
import type { CodeChallengeMethod } from '../oauth/pkce.ts';
import { UNLISTED } from '../policy/client-policy.ts';
import type { ActivitySink, Subject } from '../telemetry/activity-sink.ts';
import type { RedemptionResult, Violation } from '../telemetry/events.ts';
import type { UpstreamFaultKind } from '../upstream/upstream-fault.ts';
import type { Counted } from './client-counts.ts';
import { dayOf } from './day.ts';
import { busiestUnlisted, loadHistories } from './history.ts';
import type { InventoryStore } from './inventory-store.ts';
import { KnownClients } from './known-clients.ts';
import { ISSUER_ITSELF, presentable } from './names.ts';
import { UnsentCounts } from './unsent-counts.ts';

/** Milliseconds. A status page is as far behind; a process that is killed loses as much. */
const FLUSH_INTERVAL = 3_000;
/** Milliseconds until the client ids that other replicas have come to know are read again. */
const LEARN_INTERVAL = 300_000;

type KnownOfIssuer = { readonly clients: KnownClients; learnAt: number };

export type InventoryOptions = {
  /** Told how many client-days of counts did not fit while the store was away, or were lost with the process. */
  readonly onLost: (records: number) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  readonly flushInterval?: number;
};

/**
 * What each client does, for the operators: counted in memory, and added to the store every few seconds. No request waits
 * for it. While the store is away, counts are kept and merged, up to a limit; a batch whose answer was lost is sent again
 * under its number, so that it counts once.
 */
export class Inventory implements ActivitySink, AsyncDisposable {
  readonly #store: InventoryStore;
  readonly #unsent: UnsentCounts;
  readonly #known = new Map<string, KnownOfIssuer>();
  readonly #onLost: (records: number) => void;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #flushing: Promise<void> | undefined;

  constructor(
    store: InventoryStore,
    { onLost, now = Date.now, flushInterval = FLUSH_INTERVAL }: InventoryOptions,
  ) {
    this.#store = store;
    this.#unsent = new UnsentCounts(randomUUID());
    this.#onLost = onLost;
    this.#now = now;
    this.#timer = setInterval(() => this.#tick(), flushInterval).unref();
  }

  authorizationRequested(subject: Subject, challengeMethod: CodeChallengeMethod | 'none'): void {
    this.#count(subject, challengeMethod);
  }

  codeBound(subject: Subject): void {
    if (subject.client === UNLISTED) this.#prove(subject);
    this.#count(subject, 'bound');
  }

  redeemed(subject: Subject, result: RedemptionResult): void {
    this.#count(subject, result);
  }

  violation(violation: Violation): void {
    this.#count(violation, `!${violation.reason}`);
  }

  codeHashSeen(): void {}

  stateHashSeen(): void {}

  upstreamFault(issuer: string, kind: UpstreamFaultKind): void {
    this.#count({ issuer, client: ISSUER_ITSELF, clientId: undefined }, `~${kind}`);
  }

  /** Adds all that was counted so far to the store. Throws a `StoreFault`: it is then kept for the next time. */
  async flush(): Promise<void> {
    // A flush on its way may have begun before the last count.
    await this.#flushing?.catch(() => {});
    this.#flushing ??= this.#send().finally(() => {
      this.#flushing = undefined;
    });
    await this.#flushing;
  }

  /** A last flush, which takes no longer than one operation of a store that does not answer. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.flush().catch(() => this.#onLost(this.#unsent.size));
  }

  #tick(): void {
    // Every fault was told of by the store; what could not be sent is sent next time.
    this.flush().catch(() => {});
    for (const [issuer, known] of this.#known) {
      if (known.learnAt <= this.#now()) this.#learn(issuer, known);
    }
  }

  async #send(): Promise<void> {
    for (const batch of this.#unsent.batches()) {
      await this.#store.addCounts(batch);
      this.#unsent.sent(batch);
    }
    const dropped = this.#unsent.takeDropped();
    if (dropped > 0) this.#onLost(dropped);
  }

  #count({ issuer, client, clientId }: Subject, what: Counted): void {
    const now = this.#now();
    const day = dayOf(now);
    const seconds = Math.floor(now / 1000);
    if (client !== UNLISTED) {
      this.#unsent.count({ issuer, day, name: client }, what, seconds);
      return;
    }
    const { clients } = this.#knownOf(issuer);
    const name = presentable(clientId);
    if (name !== undefined && clients.has(name)) {
      const fresh = clients.isFresh(name);
      this.#unsent.count({ issuer, day, name, unlisted: true, fresh }, what, seconds);
      return;
    }
    if (name !== undefined) clients.suspend(name, day, what, seconds);
    this.#unsent.count({ issuer, day, name: UNLISTED }, what, seconds);
  }

  /** What was counted under `_unlisted` until the client was known is its own. */
  #prove({ issuer, clientId }: Subject): void {
    const name = presentable(clientId);
    const pending = name === undefined ? undefined : this.#knownOf(issuer).clients.prove(name);
    if (pending === undefined || name === undefined) return;
    const { day, counts } = pending;
    this.#unsent.move({ issuer, day, name, unlisted: true, fresh: true }, counts, UNLISTED);
  }

  #knownOf(issuer: string): KnownOfIssuer {
    let known = this.#known.get(issuer);
    if (known === undefined) {
      known = { clients: new KnownClients(), learnAt: 0 };
      this.#known.set(issuer, known);
      this.#learn(issuer, known);
    }
    return known;
  }

  #learn(issuer: string, known: KnownOfIssuer): void {
    const now = this.#now();
    known.learnAt = now + LEARN_INTERVAL;
    loadHistories(this.#store, issuer, now).then(
      (histories) => known.clients.learn(busiestUnlisted(histories)),
      () => {
        known.learnAt = 0;
      },
    );
  }
}
