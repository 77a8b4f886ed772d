import type { CodeChallengeMethod } from '../oauth/pkce.ts';
import { UNLISTED } from '../policy/client-policy.ts';
import type { Reason } from '../policy/reason.ts';
import type { ActivitySink, BoundFlow, RedemptionResult } from '../telemetry/activity-sink.ts';
import type { Subject } from '../telemetry/subject.ts';
import type { Violation } from '../telemetry/violation.ts';
import type { UpstreamFaultKind } from '../upstream/upstream-fault.ts';
import { type ActivityStore, applyChange, dayOf, dayRecord, refusalRecord } from './activity-store.ts';
import {
  type Counted,
  countsAtOnce,
  fieldOf,
  ISSUER_ITSELF,
  LAST,
  presentable,
  presentableUri,
} from './counted.ts';
import { busiestUnlisted, loadHistories } from './history.ts';
import { KnownClients, type Pending } from './known-clients.ts';
import { encodeRefusal, refusalField } from './refusal.ts';
import { UnsentChanges } from './unsent-changes.ts';

/** Milliseconds between flushes. The status page lags by this much, and a killed process loses this much. */
const FLUSH_INTERVAL = 3_000;
/** Milliseconds until the client ids that other replicas have learned are read again. */
const LEARN_INTERVAL = 300_000;
/** The most places per client and day that this process records: URIs that differ with each login must not fill the memory. */
export const URI_LIMIT = 20;

export type ActivityOptions = {
  /** Called with the number of changes that did not fit while the store was unreachable, or were lost with the process. */
  readonly onLost: (changes: number) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  readonly flushInterval?: number;
};

/**
 * The activity of each client, for operators: counted in memory, and added to the store every few seconds. No request waits
 * for it. While the store is unreachable, changes are kept and added up, to a limit. A flush whose reply was lost is sent
 * again, and may then count twice.
 */
export class Activity implements ActivitySink, AsyncDisposable {
  readonly #store: ActivityStore;
  readonly #unsent = new UnsentChanges();
  readonly #known = new Map<string, KnownClients>();
  /** The places recorded today, for each issuer and client. */
  readonly #uris = new Map<string, Set<string>>();
  #urisOf = 0;
  #violations = 0;
  readonly #onLost: (changes: number) => void;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #flushing: Promise<void> | undefined;

  constructor(
    store: ActivityStore,
    { onLost, now = Date.now, flushInterval = FLUSH_INTERVAL }: ActivityOptions,
  ) {
    this.#store = store;
    this.#onLost = onLost;
    this.#now = now;
    this.#timer = setInterval(() => this.#tick(), flushInterval).unref();
  }

  authorizationRequested(subject: Subject, challengeMethod: CodeChallengeMethod | 'none'): void {
    this.#count(subject, challengeMethod);
  }

  /** The upstream has issued a code, so the flow belongs to a real client, and the violations of its request count. */
  codeBound(subject: Subject, { redirectUri, violations }: BoundFlow): void {
    if (subject.client === UNLISTED) this.#prove(subject);
    const name = this.#count(subject, 'bound');
    if (subject.client === UNLISTED && name !== UNLISTED) this.#count(subject, 'unlisted');
    for (const reason of violations) this.violationCounted(subject, reason);
    if (redirectUri !== undefined && name !== UNLISTED) this.#noteUri(subject.issuer, name, redirectUri);
  }

  redeemed(subject: Subject, result: RedemptionResult): void {
    this.#count(subject, result);
  }

  codeHashSeen(issuer: string, client: string): void {
    this.#count({ issuer, client, clientId: undefined }, 'c_hash');
  }

  violation(violation: Violation): void {
    const { issuer, reason } = violation;
    this.#count(violation, `!${reason}`);
    if (countsAtOnce(violation)) this.#count(violation, `#${reason}`);
    this.#noteLast(violation, reason);
    const refusal = encodeRefusal(violation, this.#now() / 1000);
    const { name, pending } = this.#placeOf(violation);
    if (pending !== undefined) pending.refusal = refusal;
    this.#addRefusal(issuer, name, refusal);
  }

  violationCounted(subject: Subject, reason: Reason): void {
    this.#count(subject, `#${reason}`);
    this.#noteLast(subject, reason);
  }

  upstreamFault(issuer: string, kind: UpstreamFaultKind): void {
    const itself = { issuer, client: ISSUER_ITSELF, clientId: undefined };
    this.#count(itself, `~${kind}`);
    this.#noteLast(itself, kind);
  }

  /** Adds all counts to the store. Throws a `StoreFault`: they are then kept for the next flush. */
  async flush(): Promise<void> {
    // A flush in progress may have begun before the last count.
    await this.#flushing?.catch(() => {});
    this.#flushing ??= this.#send().finally(() => {
      this.#flushing = undefined;
    });
    await this.#flushing;
  }

  /** A last flush, which takes at most one timeout of the store. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.flush().catch(() => this.#onLost(this.#unsent.size));
  }

  #tick(): void {
    // The store has reported the fault. The next flush sends what this one could not.
    this.flush().catch(() => {});
    for (const [issuer, known] of this.#known) {
      if (known.learnAt <= this.#now()) this.#learn(issuer, known);
    }
  }

  async #send(): Promise<void> {
    // What is counted meanwhile is sent with the next flush.
    let left = this.#unsent.size;
    while (left > 0) {
      const batch = this.#unsent.take();
      if (batch === undefined) break;
      left -= batch.changes.size;
      await this.#store.addActivity(batch.record, batch.changes).catch((error: unknown) => {
        this.#unsent.giveBack(batch);
        throw error;
      });
    }
    const lost = this.#unsent.takeLost();
    if (lost > 0) this.#onLost(lost);
  }

  /** Returns the name under which it was counted. */
  #count(subject: Subject, what: Counted): string {
    return this.#change(subject, what, 1);
  }

  #noteLast(subject: Subject, what: string): void {
    this.#change(subject, LAST, `${Math.floor(this.#now() / 1000)} ${what}`);
  }

  #change(subject: Subject, what: Counted | typeof LAST, change: number | string): string {
    const { name, pending } = this.#placeOf(subject);
    pending?.changes.set(what, applyChange(pending.changes.get(what), change));
    this.#unsent.add(dayRecord(subject.issuer, dayOf(this.#now())), fieldOf(what, name), change);
    return name;
  }

  #addRefusal(issuer: string, name: string, refusal: string): void {
    this.#violations += 1;
    this.#unsent.add(refusalRecord(issuer), refusalField(name, this.#violations), refusal);
  }

  /** The name under which a client is recorded now; `pending`: what it gets once it is known. */
  #placeOf({ issuer, client, clientId }: Subject): { readonly name: string; readonly pending?: Pending } {
    const ownName = client === UNLISTED ? presentable(clientId) : undefined;
    if (ownName === undefined) return { name: client };
    const known = this.#knownOf(issuer);
    if (known.has(ownName)) return { name: ownName };
    return { name: client, pending: known.pendingOf(ownName, dayOf(this.#now())) };
  }

  /** Moves the counts from `_unlisted` to the client once it is known, and gives it its last violation. */
  #prove({ issuer, clientId }: Subject): void {
    const name = presentable(clientId);
    const pending = name === undefined ? undefined : this.#knownOf(issuer).prove(name);
    if (pending === undefined || name === undefined) return;
    const record = dayRecord(issuer, pending.day);
    for (const [what, change] of pending.changes) {
      if (typeof change === 'number') this.#unsent.add(record, fieldOf(what, UNLISTED), -change);
      this.#unsent.add(record, fieldOf(what, name), change);
    }
    if (pending.refusal !== undefined) this.#addRefusal(issuer, name, pending.refusal);
  }

  #noteUri(issuer: string, name: string, redirectUri: string): void {
    const uri = presentableUri(redirectUri);
    const today = dayOf(this.#now());
    if (uri === undefined) return;
    if (this.#urisOf !== today) this.#uris.clear();
    this.#urisOf = today;
    const key = `${issuer} ${name}`;
    const noted = this.#uris.get(key) ?? new Set<string>();
    if (!noted.has(uri) && noted.size >= URI_LIMIT) return;
    this.#uris.set(key, noted.add(uri));
    this.#unsent.add(dayRecord(issuer, today), fieldOf(`@${uri}`, name), 1);
  }

  #knownOf(issuer: string): KnownClients {
    let known = this.#known.get(issuer);
    if (known === undefined) {
      known = new KnownClients();
      this.#known.set(issuer, known);
      this.#learn(issuer, known);
    }
    return known;
  }

  #learn(issuer: string, known: KnownClients): void {
    const now = this.#now();
    known.learnAt = now + LEARN_INTERVAL;
    loadHistories(this.#store, issuer, now).then(
      (histories) => known.learn(busiestUnlisted(histories)),
      () => {
        known.learnAt = 0;
      },
    );
  }
}
