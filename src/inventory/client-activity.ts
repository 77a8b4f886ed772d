import { type ClientPolicy, effectiveMode, UNLISTED } from '../policy/client-policy.ts';
import { judgeReadiness, type Traffic, type Verdict } from '../policy/judge-readiness.ts';
import type { Mode } from '../policy/mode.ts';
import type { ClientCounts } from './client-counts.ts';
import type { History } from './history.ts';

/** What one client did over the period, day by day and in sum. Moments are epoch milliseconds. */
export type ClientActivity = {
  readonly issuer: string;
  /** An entry as written in the configuration, a client_id without one, or `_unlisted`. */
  readonly client: string;
  readonly listed: boolean;
  readonly policy: ClientPolicy;
  readonly mode: Mode;
  readonly days: readonly DayActivity[];
  readonly methods: { readonly S256: number; readonly plain: number; readonly none: number };
  readonly total: Traffic;
  readonly firstSeen: number | undefined;
  readonly lastSeen: number | undefined;
  readonly lastViolation: { readonly at: number; readonly reason: string } | undefined;
  readonly verdict: Verdict;
};

export type DayActivity = Traffic & { readonly S256: number; readonly plain: number; readonly none: number };

export function buildClientActivity(
  issuer: string,
  client: string,
  policy: ClientPolicy,
  history: History,
  now: number,
): ClientActivity {
  const mode = effectiveMode(policy, now);
  const days = history.map(readDay);
  const total = (of: (day: DayActivity) => number) => days.reduce((sum, day) => sum + of(day), 0);
  const seen = history.filter((day) => day !== undefined);
  const troubles = seen.flatMap(({ lastTrouble }) => lastTrouble ?? []);
  const last = troubles.reduce<(typeof troubles)[number] | undefined>(
    (latest, trouble) => (latest === undefined || trouble.at >= latest.at ? trouble : latest),
    undefined,
  );
  return {
    issuer,
    client,
    listed: policy.name !== UNLISTED,
    policy,
    mode,
    days,
    methods: {
      S256: total((day) => day.S256),
      plain: total((day) => day.plain),
      none: total((day) => day.none),
    },
    total: {
      requests: total((day) => day.requests),
      codesBound: total((day) => day.codesBound),
      verified: total((day) => day.verified),
      unverified: total((day) => day.unverified),
      violations: sumViolations(days),
    },
    firstSeen: seen.length === 0 ? undefined : Math.min(...seen.map((day) => day.firstSeen)) * 1000,
    lastSeen: seen.length === 0 ? undefined : Math.max(...seen.map((day) => day.lastSeen)) * 1000,
    lastViolation: last && { at: last.at * 1000, reason: last.what },
    verdict: judgeReadiness(days, mode, policy.enforcePercent),
  };
}

const IDLE_DAY: DayActivity = {
  S256: 0,
  plain: 0,
  none: 0,
  requests: 0,
  codesBound: 0,
  verified: 0,
  unverified: 0,
  violations: new Map(),
};

function readDay(day: ClientCounts | undefined): DayActivity {
  if (day === undefined) return IDLE_DAY;
  // A correction may come before what it corrects.
  const of = (what: string) => Math.max(day.counts.get(what) ?? 0, 0);
  const [S256, plain, none] = [of('S256'), of('plain'), of('none')];
  const violations = new Map<string, number>();
  for (const [what, number] of day.counts) {
    if (what.startsWith('!') && number > 0) violations.set(what.slice(1), number);
  }
  return {
    S256,
    plain,
    none,
    requests: S256 + plain + none,
    codesBound: of('bound'),
    verified: of('verified'),
    unverified: of('unverified'),
    violations,
  };
}

function sumViolations(days: readonly DayActivity[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { violations } of days) {
    for (const [reason, number] of violations) sums.set(reason, (sums.get(reason) ?? 0) + number);
  }
  return new Map([...sums].sort(([, one], [, other]) => other - one));
}
