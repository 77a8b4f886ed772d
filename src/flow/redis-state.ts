import type { OnStateChange } from './redis-connection.ts';

/** Tells of changes only: an attempt that fails like the one before is no news. */
export class StateReport {
  readonly #onStateChange: OnStateChange;
  #last: string | undefined;
  #closed = false;

  constructor(onStateChange: OnStateChange) {
    this.#onStateChange = onStateChange;
  }

  report(state: 'ready' | 'unreachable', detail?: string): void {
    const report = detail === undefined ? state : `${state} ${detail}`;
    if (this.#closed || report === this.#last) return;
    this.#last = report;
    this.#onStateChange(state, detail);
  }

  /** Nothing is told any more. */
  close(): void {
    this.#closed = true;
  }
}
