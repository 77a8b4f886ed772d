import type { Config } from '../config/config.ts';

const KEPT_LOADS = 10;
const KEPT_LINES = 50;

/** One attempt to apply a configuration. */
export type ConfigLoad = {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly outcome: 'started' | 'loaded' | 'rejected';
  /** What changed, or which problems there were. */
  readonly lines: readonly string[];
  /** How many of these lines were left out. */
  readonly more: number;
};

/** The configuration in force, and the history of reloads. */
export class ConfigHistory {
  config: Config;
  /** The last attempts, newest first. */
  loads: readonly ConfigLoad[];

  constructor(config: Config, now: number) {
    this.config = config;
    this.loads = [{ at: now, outcome: 'started', lines: [], more: 0 }];
  }

  /** `changes`: what is different, and what did not take effect. */
  loaded(config: Config, changes: readonly string[], now: number): void {
    this.#add(now, 'loaded', changes);
    this.config = config;
  }

  rejected(problems: readonly string[], now: number): void {
    this.#add(now, 'rejected', problems);
  }

  #add(at: number, outcome: ConfigLoad['outcome'], all: readonly string[]): void {
    const lines = all.slice(0, KEPT_LINES);
    this.loads = [{ at, outcome, lines, more: all.length - lines.length }, ...this.loads].slice(
      0,
      KEPT_LOADS,
    );
  }
}
