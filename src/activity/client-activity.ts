import { type ClientPolicy, effectiveMode, UNLISTED } from '../policy/client-policy.ts';
import {
  type ClientFacts,
  judgeReadiness,
  type SharedPlace,
  type Traffic,
  type Verdict,
} from '../policy/judge-readiness.ts';
import type { Mode } from '../policy/mode.ts';
import { dayText, periodDays } from './activity-store.ts';
import { marked } from './counted.ts';
import { type ClientDay, type History, sumOf } from './history.ts';

/** The activity of one client over the period, by day and in total. */
export type ClientCounts = {
  readonly days: readonly DayActivity[];
  readonly total: DayActivity;
  /** Day numbers (`dayOf`); `undefined`: it was not seen. */
  readonly firstDay: number | undefined;
  readonly lastDay: number | undefined;
};

export type ClientActivity = ClientCounts & {
  readonly issuer: string;
  /** An entry as written in the configuration, a client_id without one, or `_unlisted`. */
  readonly client: string;
  readonly listed: boolean;
  readonly policy: ClientPolicy;
  readonly mode: Mode;
  /** Epoch milliseconds. */
  readonly lastViolation: { readonly at: number; readonly what: string } | undefined;
  /** The targets of its codes, most frequent first. */
  readonly redirectUris: readonly string[];
  /** Whether its codes are not wrapped because the server covers them with a `c_hash`. */
  readonly codeHashSeen: boolean;
  readonly facts: Required<ClientFacts>;
  readonly verdict: Verdict;
};

export type DayActivity = Traffic & { readonly S256: number; readonly plain: number; readonly none: number };

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
  const sum = sumOf(history);
  const counts = readCounts(history, now, sum);
  const codeHashSeen = (sum.counts.get('c_hash') ?? 0) > 0;
  const facts = {
    mode,
    enforcePercent: policy.enforcePercent,
    isUnlisted: client === UNLISTED,
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
    lastViolation: sum.last,
    redirectUris: [...marked(sum.counts, '@').keys()].slice(0, URIS_SHOWN),
    codeHashSeen,
    facts,
    verdict: judgeReadiness(counts.days, facts),
  };
}

/** The counts of one client over the period that ends now. */
export function readCounts(history: History, now: number, sum = sumOf(history)): ClientCounts {
  const seen = periodDays(now).filter((_, i) => history[i] !== undefined);
  return { days: history.map(readDay), total: readDay(sum), firstDay: seen[0], lastDay: seen.at(-1) };
}

/** The activity of a client, as `/api/clients` and `report` show it. */
export function countsJson({ total, firstDay, lastDay }: ClientCounts) {
  const { S256, plain, none } = total;
  return {
    authorization_requests: total.requests,
    methods: { S256, plain, none },
    codes_bound: total.codesBound,
    codes_redeemed: total.verified + total.unverified,
    codes_redeemed_unverified: total.unverified,
    violations: Object.fromEntries(total.violations),
    violations_counted: Object.fromEntries(total.counted),
    first_seen: firstDay === undefined ? null : dayText(firstDay),
    last_seen: lastDay === undefined ? null : dayText(lastDay),
  };
}

function readDay(day: ClientDay | undefined): DayActivity {
  const counts = day?.counts ?? new Map<string, number>();
  // A correction may arrive before the count that it corrects.
  const of = (what: string) => Math.max(counts.get(what) ?? 0, 0);
  const [S256, plain, none] = [of('S256'), of('plain'), of('none')];
  return {
    S256,
    plain,
    none,
    requests: S256 + plain + none,
    codesBound: of('bound'),
    verified: of('verified'),
    unverified: of('unverified'),
    violations: marked(counts, '!'),
    counted: marked(counts, '#'),
  };
}
