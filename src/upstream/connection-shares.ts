import { ClientShares } from '../http/client-shares.ts';

/** The purpose of a connection: a part of them is reserved for requests that logins need. */
export type Purpose = 'login' | 'other';

/** A connection that a request uses, or waits for. */
export type Slot = {
  /** Releases it, or stops waiting. */
  release(): void;
};

type Waiting = { readonly client: string; readonly onGranted: () => void };

/** Requests of one purpose: with a connection, or waiting for one. */
type Queue = {
  /** The most connections in total, and per client. */
  readonly limit: number;
  readonly clientLimit: number;
  readonly held: ClientShares;
  readonly waiting: Set<Waiting>;
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
    const waiting: Waiting = { client, onGranted };
    if (this.#mayHave(queue, client)) {
      hold(queue, client);
      onGranted();
    } else {
      const full = queue.waiting.size >= this.#waitingLimit;
      if (full || queue.waitingBy.of(client) >= this.#waitingLimit / 2) return undefined;
      queue.waiting.add(waiting);
      queue.waitingBy.take(client);
    }
    let released = false;
    return {
      release: () => {
        if (released) return;
        released = true;
        if (stopWaiting(queue, waiting)) return;
        queue.inUse -= 1;
        queue.held.giveBack(client);
        this.#grantNext();
      },
    };
  }

  #mayHave(queue: Queue, client: string): boolean {
    const { login, other } = this.#queues;
    const free = login.inUse + other.inUse < this.#connections && queue.inUse < queue.limit;
    return free && queue.held.of(client) < queue.clientLimit;
  }

  #grantNext(): void {
    for (const queue of [this.#queues.login, this.#queues.other]) {
      const next = this.#nextOf(queue);
      if (next === undefined) continue;
      stopWaiting(queue, next);
      hold(queue, next.client);
      next.onGranted();
      return;
    }
  }

  #nextOf(queue: Queue): Waiting | undefined {
    let next: Waiting | undefined;
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

function hold(queue: Queue, client: string): void {
  queue.inUse += 1;
  queue.held.take(client);
}

/** Whether it was waiting. */
function stopWaiting(queue: Queue, waiting: Waiting): boolean {
  if (!queue.waiting.delete(waiting)) return false;
  queue.waitingBy.giveBack(waiting.client);
  return true;
}
