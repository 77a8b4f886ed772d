import { setTimeout as wait } from 'node:timers/promises';
import { getGlobalDispatcher } from 'undici';
import { Gauges } from './gauges.ts';
import { injectFaults } from './inject-faults.ts';
import { type Accounts, type Fault, Ledger } from './ledger.ts';
import { LOGIN_KINDS, type LoginKind, seenBy, THIEF } from './login-kinds.ts';
import { SoakStage } from './soak-stage.ts';

/** New logins per second. */
const RATE = 20;
/** More logins at once would mean that the machine cannot keep up, and would measure only that. */
const AT_ONCE = 500;
/** How long connections may take to close after the last login, in milliseconds. */
const REST = 40_000;

export type SoakResult = {
  /** Seconds. */
  readonly duration: number;
  readonly accounts: Accounts;
  readonly faults: readonly Fault[];
  readonly redemptions: number;
  /** Token requests without the right verifier, or for a spent code, that reached the server. */
  readonly thefts: number;
  /** Of the replica that ran throughout. */
  readonly gauges: Gauges;
  readonly descriptorsBefore: number;
  readonly descriptorsAfter: number;
  /** Keys in Redis that never expire. */
  readonly lastingKeys: number;
  /** The logs of all gateway processes, one after the other. */
  readonly logs: readonly string[];
  /** Log lines with internal errors of the gateways. */
  readonly internalErrors: readonly string[];
};

/** Logs in continuously for this many seconds, during one fault after another. */
export async function soak(seconds: number): Promise<SoakResult> {
  await using stage = await SoakStage.open();
  const { upstream, front } = stage;
  const gauges = new Gauges(stage.replicas[0]);
  await gauges.read();
  const descriptorsBefore = await gauges.countDescriptors();
  const ledger = new Ledger();
  const running = new Set<Promise<void>>();
  const over = new AbortController();
  // There is time to recover between faults; each fault occurs several times, also in a short run.
  let breakdown: unknown;
  const breaking = injectFaults(stage, ledger, Math.min(15_000, seconds * 100), over.signal).catch(
    (error: unknown) => {
      breakdown = error;
      over.abort();
    },
  );
  let thefts = 0;

  const began = performance.now();
  const end = began + seconds * 1_000;
  const every = Math.min(2_000, seconds * 50);
  let nextReading = began + every;
  for (let index = 0; performance.now() < end && breakdown === undefined; index += 1) {
    if (running.size < AT_ONCE) {
      const login: Promise<void> = runLogin(ledger, kindOf(index), front.url, `login-${index}`);
      running.add(login);
      void login.finally(() => running.delete(login));
    }
    if (performance.now() >= nextReading) {
      nextReading += every;
      await gauges.read();
      thefts += countThefts(stage);
    }
    await wait(Math.max(0, began + (index + 1) * (1_000 / RATE) - performance.now()));
  }
  over.abort();
  await Promise.all([breaking, ...running]);
  if (breakdown !== undefined) throw breakdown;
  thefts += countThefts(stage);
  const descriptorsAfter = await untilAtRest(gauges, descriptorsBefore);
  const keys = await stage.redis.dumpAll();
  const logs = stage.processes.flatMap(({ stderr }) => stderr);
  return {
    duration: seconds,
    accounts: ledger.close(upstream.redemptions),
    faults: ledger.faults,
    redemptions: upstream.redemptions.length,
    thefts,
    gauges,
    descriptorsBefore,
    descriptorsAfter,
    lastingKeys: keys.filter(({ key, ttl }) => ttl < 0 && !key.includes(':stats:')).length,
    logs,
    internalErrors: logs.filter(
      (line) =>
        !line.startsWith('{') || /"event":"(internal_error|config_rejected|discovery_failed)"/.test(line),
    ),
  };
}

async function runLogin(ledger: Ledger, kind: LoginKind, url: string, id: string): Promise<void> {
  ledger.begin(id, kind.name, performance.now());
  try {
    ledger.end(id, await kind.run(url, id));
  } catch (error) {
    ledger.fail(id, seenBy(error), performance.now());
  }
}

/** All kinds alternately, each according to its share. */
function kindOf(index: number): LoginKind {
  // 37 and 100 have no common divisor: any hundred consecutive logins have all shares, well mixed.
  let place = (index * 37) % 100;
  for (const kind of LOGIN_KINDS) {
    if (place < kind.share) return kind;
    place -= kind.share;
  }
  throw new Error('the shares of all kinds must add up to 100');
}

/** Clears the server's recorded requests: this process must not grow either. */
function countThefts({ upstream }: SoakStage): number {
  const count = upstream.tokenRequests.filter(({ headers }) => headers[THIEF] !== undefined).length;
  upstream.requests.clear();
  return count;
}

/** Unused connections end by themselves: clients close theirs, those to the server time out. */
async function untilAtRest(gauges: Gauges, expected: number): Promise<number> {
  await getGlobalDispatcher().close();
  const deadline = performance.now() + REST;
  let open = await gauges.countDescriptors();
  while (open > expected && performance.now() < deadline) {
    await wait(100);
    open = await gauges.countDescriptors();
  }
  return open;
}
