import { ClientShares } from '../http/client-shares.ts';

/** The purpose of a connection: a part of them is reserved for requests that logins need. */
export type Purpose = 'login' | 'other';

/** Requests of one purpose: with a connection, or waiting for one. */
type Queue = {
  /** The most connections in total, and per client. */
  readonly limit: number;
  readonly clientLimit: number;
  readonly held: ClientShares;
  readonly waiting: Set<Slot>;
  readonly waitingBy: ClientShares;
  inUse: number;
};

/** The most requests that wait per connection, and the minimum of the total. */
const WAITING_PER_CONNECTION = 8;
const WAITING_AT_LEAST = 128;

/**
 * Shares the connections to one upstream, so that nobody can occupy all of them: a quarter is reserved for logins, no client has
 * more than half of the others, and the waiting client with the fewest connections is served first.
 */
export class ConnectionShares {
  readonly #connections: number;
  readonly #waitingLimit: number;
  readonly #queues: Readonly<Record<Purpose, Queue>>;

  constructor(connections: number) {
    const kept = connections < 2 ? 0 : Math.max(1, Math.floor(connections / 4));
    this.#connections = connections;
    this.#waitingLimit = Math.max(WAITING_AT_LEAST, WAITING_PER_CONNECTION * connections);
    this.#queues = { login: createQueue(connections), other: createQueue(connections - kept) };
  }

  /**
   * Calls `onGranted` when a connection is available, possibly at once. `client`: its address (see `clientOf`).
   * `undefined`: too many requests wait already.
   */
  take(purpose: Purpose, client: string, onGranted: () => void): Slot | undefined {
    const queue = this.#queues[purpose];
    const slot = new Slot(queue, client, onGranted, this.#grantNext);
    if (this.#mayHave(queue, client)) slot.grant();
    else if (!this.#mayWait(queue, client)) return undefined;
    else slot.wait();
    return slot;
  }

  #mayWait({ waiting, waitingBy }: Queue, client: string): boolean {
    return waiting.size < this.#waitingLimit && waitingBy.of(client) < this.#waitingLimit / 2;
  }

  #mayHave(queue: Queue, client: string): boolean {
    const { login, other } = this.#queues;
    const free = login.inUse + other.inUse < this.#connections && queue.inUse < queue.limit;
    return free && queue.held.of(client) < queue.clientLimit;
  }

  readonly #grantNext = (): void => {
    const { login, other } = this.#queues;
    (this.#nextOf(login) ?? this.#nextOf(other))?.grant();
  };

  #nextOf(queue: Queue): Slot | undefined {
    let next: Slot | undefined;
    for (const waiting of queue.waiting) {
      if (!this.#mayHave(queue, waiting.client)) continue;
      if (next === undefined || queue.held.of(waiting.client) < queue.held.of(next.client)) next = waiting;
    }
    return next;
  }
}

function createQueue(limit: number): Queue {
  return {
    limit,
    clientLimit: Math.ceil(limit / 2),
    held: new ClientShares(),
    waiting: new Set(),
    waitingBy: new ClientShares(),
    inUse: 0,
  };
}

/** A connection that a request uses, or waits for. */
export class Slot {
  readonly client: string;
  readonly #queue: Queue;
  readonly #onGranted: () => void;
  readonly #onFree: () => void;
  #state: 'waiting' | 'held' | undefined;

  constructor(queue: Queue, client: string, onGranted: () => void, onFree: () => void) {
    this.#queue = queue;
    this.client = client;
    this.#onGranted = onGranted;
    this.#onFree = onFree;
  }

  wait(): void {
    this.#state = 'waiting';
    this.#queue.waiting.add(this);
    this.#queue.waitingBy.take(this.client);
  }

  grant(): void {
    this.#stopWaiting();
    this.#state = 'held';
    this.#queue.inUse += 1;
    this.#queue.held.take(this.client);
    this.#onGranted();
  }

  /** Releases it, or stops waiting. */
  release(): void {
    this.#stopWaiting();
    if (this.#state !== 'held') return;
    this.#state = undefined;
    this.#queue.inUse -= 1;
    this.#queue.held.giveBack(this.client);
    this.#onFree();
  }

  #stopWaiting(): void {
    if (this.#state !== 'waiting') return;
    this.#state = undefined;
    this.#queue.waiting.delete(this);
    this.#queue.waitingBy.giveBack(this.client);
  }
}
