import { type ClientPolicy, effectiveMode, UNLISTED } from '../policy/client-policy.ts';
import {
  type ClientFacts,
  judgeReadiness,
  type SharedPlace,
  type Traffic,
  type Verdict,
} from '../policy/judge-readiness.ts';
import type { Mode } from '../policy/mode.ts';
import { periodDays } from './activity-store.ts';
import { type ClientDay, type History, laterOf } from './history.ts';

/** What one client did over the period, by day and in total. */
export type ClientCounts = {
  readonly days: readonly DayActivity[];
  readonly total: DayActivity;
  /** Day numbers (`dayOf`); `undefined`: it was not seen. */
  readonly firstDay: number | undefined;
  readonly lastDay: number | undefined;
};

/** The activity of one client over the period. */
export type ClientActivity = ClientCounts & {
  readonly issuer: string;
  /** An entry as written in the configuration, a client_id without one, or `_unlisted`. */
  readonly client: string;
  readonly listed: boolean;
  readonly policy: ClientPolicy;
  readonly mode: Mode;
  /** Epoch milliseconds. */
  readonly lastViolation: { readonly at: number; readonly what: string } | undefined;
  /** Where its codes went, most frequent first. */
  readonly redirectUris: readonly string[];
  /** Whether its codes are not wrapped because the server covers them with a `c_hash`. */
  readonly codeHashSeen: boolean;
  readonly facts: Required<ClientFacts>;
  readonly verdict: Verdict;
};

export type DayActivity = Traffic & { readonly S256: number; readonly plain: number; readonly none: number };

/** The most places of one client that are shown. */
const URIS_SHOWN = 50;

export function buildClientActivity(
  issuer: string,
  client: string,
  policy: ClientPolicy,
  seen: {
    readonly history: History;
    readonly now: number;
    readonly sharedPlace: SharedPlace | undefined;
    readonly keepsRecords: boolean;
  },
): ClientActivity {
  const { history, now, sharedPlace, keepsRecords } = seen;
  const mode = effectiveMode(policy, now);
  const counts = readCounts(history, now);
  const codeHashSeen = history.some((day) => (day?.counts.get('c_hash') ?? 0) > 0);
  const facts = {
    mode,
    enforcePercent: policy.enforcePercent,
    sharedPlace,
    needsRecords: !keepsRecords && (codeHashSeen || policy.wrapCodes === false),
    isCountedElsewhere: !keepsRecords,
    seesVerifiers: keepsRecords || mode === 'enforce',
  };
  return {
    issuer,
    client,
    listed: policy.name !== UNLISTED,
    policy,
    mode,
    ...counts,
    lastViolation: history.map((day) => day?.last).reduce(laterOf, undefined),
    redirectUris: [...urisOf(history)]
      .sort(([, one], [, other]) => other - one)
      .slice(0, URIS_SHOWN)
      .map(([uri]) => uri),
    codeHashSeen,
    facts,
    verdict: judgeReadiness(counts.days, facts),
  };
}

/** The counts of one client over the period that ends now. */
export function readCounts(history: History, now: number): ClientCounts {
  const days = history.map(readDay);
  const seen = periodDays(now).filter((_, i) => history[i] !== undefined);
  return { days, total: sumDays(days), firstDay: seen[0], lastDay: seen.at(-1) };
}

/** Where the codes of a client went, and how often. */
export function urisOf(history: History): Map<string, number> {
  const uris = new Map<string, number>();
  for (const day of history) {
    for (const [what, number] of day?.counts ?? []) {
      if (what[0] === '@') uris.set(what.slice(1), (uris.get(what.slice(1)) ?? 0) + number);
    }
  }
  return uris;
}

function readDay(day: ClientDay | undefined): DayActivity {
  const counts = day?.counts ?? new Map<string, number>();
  // A correction may arrive before the count that it corrects.
  const of = (what: string) => Math.max(counts.get(what) ?? 0, 0);
  const [S256, plain, none] = [of('S256'), of('plain'), of('none')];
  const reasons = (mark: string) =>
    new Map(
      [...counts].filter(([what, n]) => what[0] === mark && n > 0).map(([what, n]) => [what.slice(1), n]),
    );
  return {
    ...{ S256, plain, none, requests: S256 + plain + none },
    codesBound: of('bound'),
    verified: of('verified'),
    unverified: of('unverified'),
    violations: reasons('!'),
    counted: reasons('#'),
  };
}

function sumDays(days: readonly DayActivity[]): DayActivity {
  const total = (of: (day: DayActivity) => number) => days.reduce((sum, day) => sum + of(day), 0);
  const reasons = (of: (day: DayActivity) => ReadonlyMap<string, number>) => {
    const sums = new Map<string, number>();
    for (const day of days) for (const [reason, n] of of(day)) sums.set(reason, (sums.get(reason) ?? 0) + n);
    return new Map([...sums].sort(([, one], [, other]) => other - one));
  };
  return {
    S256: total((day) => day.S256),
    plain: total((day) => day.plain),
    none: total((day) => day.none),
    requests: total((day) => day.requests),
    codesBound: total((day) => day.codesBound),
    verified: total((day) => day.verified),
    unverified: total((day) => day.unverified),
    violations: reasons((day) => day.violations),
    counted: reasons((day) => day.counted),
  };
}
