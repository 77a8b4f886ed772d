import { setTimeout as wait } from 'node:timers/promises';
import type { Ledger } from './ledger.ts';
import { type SoakStage, STORE_TIMEOUT } from './soak-stage.ts';

/** The duration of a pause of Redis, and of broken responses, in milliseconds. */
const PAUSE = 1.5 * STORE_TIMEOUT;
const RESETS = 300;

type Injection = {
  readonly name: string;
  readonly symptoms: readonly string[];
  readonly run: (stage: SoakStage) => Promise<void>;
};

export const INJECTIONS: readonly Injection[] = [
  {
    name: 'Redis restarted, empty',
    symptoms: ['503', '400 `invalid_grant`', '400 `flow_unknown`', '400 `request_uri_unknown`'],
    run: ({ redis }) => redis.restart(),
  },
  {
    name: 'answers of the server reset',
    symptoms: ['broken off', '502'],
    async run({ back }) {
      await back.become('resets');
      await wait(RESETS);
      await back.become('sound');
    },
  },
  {
    name: 'Redis paused',
    symptoms: ['503'],
    async run({ redis }) {
      redis.pause();
      await wait(PAUSE);
      redis.resume();
    },
  },
  {
    name: 'reloaded, while the server has no metadata',
    // A reload must fail no login.
    symptoms: [],
    run: (stage) => stage.reload(),
  },
  {
    name: 'replica restarted (SIGTERM)',
    // A connection that was idle during `shutdown.delay` may be reused at the moment it is closed.
    symptoms: ['broken off'],
    async run(stage) {
      const exitCode = await stage.restartReplica();
      if (exitCode !== 0) throw new Error(`a replica exited with ${exitCode} after SIGTERM`);
    },
  },
];

/** Injects one fault after another, each `interval` milliseconds after the last one ended, until the signal. */
export async function injectFaults(
  stage: SoakStage,
  ledger: Ledger,
  interval: number,
  signal: AbortSignal,
): Promise<void> {
  for (let turn = 0; ; turn += 1) {
    const injection = INJECTIONS[turn % INJECTIONS.length];
    await wait(interval, undefined, { signal }).catch(() => {});
    if (injection === undefined || signal.aborted) return;
    const fault = ledger.inject(injection.name, injection.symptoms, performance.now());
    await injection.run(stage);
    await stage.untilServing();
    fault.end = performance.now();
  }
}
