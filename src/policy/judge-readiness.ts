import type { Mode } from './mode.ts';
import { REASONS, type Reason } from './reason.ts';

/** Days without a violation, including today, since the first login before a client is ready. */
export const CLEAN_DAYS = 7;
/** Logins before a client is ready. */
export const ENOUGH_LOGINS = 20;
/** The smallest share of its codes that must be redeemed through the gateway. One code may always be under way. */
export const REDEEMED_SHARE = 0.9;
/** An enforced client is in trouble if this share of its requests was refused over these days. */
const TROUBLE_DAYS = 2;
const TROUBLE_SHARE = 0.05;
/** The number of reasons that a verdict explains. */
const EXPLAINED = 2;

/** The activity of one client on one or more days. */
export type Traffic = {
  readonly requests: number;
  readonly codesBound: number;
  /** Redeemed through the gateway successfully, with or without a verifier. */
  readonly verified: number;
  readonly unverified: number;
  /** All violations; anybody can send requests in the name of a client. */
  readonly violations: ReadonlyMap<string, number>;
  /** Violations whose flow got a code, or that occurred at redemption. */
  readonly counted: ReadonlyMap<string, number>;
};

/** A redirect_uri of a client at which another client was seen. */
export type SharedPlace = { readonly uri: string; readonly client: string };

/** Inputs of the verdict other than the traffic. */
export type ClientFacts = {
  readonly mode: Mode;
  readonly enforcePercent?: number;
  /** All client ids without an entry, which have received no code: anybody can make up such ids, and have them refused. */
  readonly isUnlisted?: boolean;
  readonly sharedPlace?: SharedPlace | undefined;
  /** Its codes must stay as the server made them, which needs a store with records. */
  readonly needsRecords?: boolean;
  /** Whether other gateways may have counts of it that this gateway cannot see. */
  readonly isCountedElsewhere?: boolean;
  /** Whether verifiers could be compared. */
  readonly seesVerifiers?: boolean;
};

export const VERDICTS = ['ready', 'nearly ready', 'not ready', 'no traffic'] as const;

export type Verdict =
  | { readonly state: 'ready' | 'no traffic' }
  /** With `ready`: what could not be checked. */
  | { readonly state: 'ready'; readonly why: string }
  | { readonly state: 'not ready' | 'nearly ready'; readonly why: string };

/** `ready`, `nearly ready: 3 logins in 2 days`, `no traffic`, `not ready: <why>` */
export function verdictText(verdict: Verdict): string {
  return 'why' in verdict ? `${verdict.state}: ${verdict.why}` : verdict.state;
}

/**
 * Whether a client can be enforced without breaking it. `days`: its activity on each day of the period, from the oldest to
 * today. Activity before its last violation is not evidence. An enforced client is `ready` while nothing is wrong with it.
 */
export function judgeReadiness(days: readonly Traffic[], client: ClientFacts): Verdict {
  const { mode, enforcePercent = 100, sharedPlace } = client;
  const {
    isUnlisted = false,
    needsRecords = false,
    isCountedElsewhere = false,
    seesVerifiers = true,
  } = client;
  if (mode === 'off') return notReady('its mode is `off`, so nothing is counted: set `mode: report` first');
  if (needsRecords) {
    return notReady(
      'needs a store: its codes cannot be wrapped (`c_hash`, or `wrap_codes: false`), and a sealed store knows no others. Use `store.kind: redis`',
    );
  }
  if (days.every(isIdle)) return { state: 'no traffic' };
  if (mode === 'enforce') {
    const trouble = (isUnlisted ? undefined : findRefusals(days)) ?? findBypass(days, isCountedElsewhere);
    if (trouble !== undefined) return notReady(trouble);
    if (enforcePercent === 100) return { state: 'ready' };
  }
  const verdict = judgeReported(days, sharedPlace, isCountedElsewhere);
  if (verdict.state !== 'ready' || seesVerifiers) return verdict;
  return { state: 'ready', why: 'but a sealed store cannot check verifiers in report' };
}

function judgeReported(
  days: readonly Traffic[],
  sharedPlace: SharedPlace | undefined,
  isCountedElsewhere: boolean,
): Verdict {
  const { codesBound: allCodes, counted } = sum(days);
  if (allCodes === 0 && counted.has('code_unknown')) {
    return notReady(
      "the gateway does not see this server's codes: no response contains them, or the authorization requests bypass the gateway",
    );
  }
  const lastBroken = days.findLastIndex((day) => day.counted.size > 0);
  if (lastBroken >= days.length - CLEAN_DAYS) {
    const recent = sum(days.slice(-CLEAN_DAYS)).counted;
    return notReady(
      `${count(total(recent), 'request')} would have been refused in the last ${CLEAN_DAYS} days: ${explain(recent)}`,
    );
  }
  const evidence = days.slice(lastBroken + 1);
  const { codesBound, verified, unverified } = sum(evidence);
  const redeemed = verified + unverified;
  const since = lastBroken < 0 ? '' : ' since its last violation';
  if (codesBound + redeemed === 0) {
    return notReady(`no login has received its code${since}: log in once through the gateway`);
  }
  const onItsWay = redeemed > 0 && codesBound - redeemed === 1;
  if (redeemed < codesBound * REDEEMED_SHARE && !onItsWay)
    return notReady(bypassed(redeemed, codesBound, isCountedElsewhere));
  if (sharedPlace !== undefined) {
    return notReady(`${sharedPlace.uri} is also used by ${sharedPlace.client}`);
  }
  const span = evidence.length - evidence.findIndex((day) => day.codesBound + day.verified > 0);
  if (span < CLEAN_DAYS || redeemed < ENOUGH_LOGINS) {
    return { state: 'nearly ready', why: `${count(redeemed, 'login')} in ${count(span, 'day')}` };
  }
  return { state: 'ready' };
}

function findRefusals(days: readonly Traffic[]): string | undefined {
  const recent = sum(days.slice(-TROUBLE_DAYS));
  const refused = total(recent.violations);
  if (refused === 0 || refused < TROUBLE_SHARE * (recent.requests + refused)) return undefined;
  return `${count(refused, 'request')} refused or reported since yesterday: ${explain(recent.violations)}`;
}

function findBypass(days: readonly Traffic[], isCountedElsewhere: boolean): string | undefined {
  const { codesBound, verified, unverified } = sum(days);
  const redeemed = verified + unverified;
  const isLow = redeemed < codesBound * REDEEMED_SHARE && codesBound - redeemed > 1;
  return isLow ? bypassed(redeemed, codesBound, isCountedElsewhere) : undefined;
}

function bypassed(redeemed: number, codesBound: number, isCountedElsewhere: boolean): string {
  const elsewhere = isCountedElsewhere
    ? 'Other gateways may have redeemed more: `report --prometheus` counts all. '
    : '';
  return (
    `only ${redeemed} of ${codesBound} codes were redeemed through ${isCountedElsewhere ? 'this' : 'the'} gateway. ${elsewhere}` +
    'The others reached the token endpoint another way, or were not used: point the client, or its backend, at the gateway'
  );
}

function explain(violations: ReadonlyMap<string, number>): string {
  const reasons = [...violations].sort(([, one], [, other]) => other - one);
  const explained = reasons
    .slice(0, EXPLAINED)
    .map(
      ([reason, number]) => `${reason} ×${number} (${REASONS[reason as Reason]?.advice ?? 'see the log'})`,
    );
  const others = reasons.length > EXPLAINED ? [`${reasons.length - EXPLAINED} more`] : [];
  return [...explained, ...others].join(', ');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function total(violations: ReadonlyMap<string, number>): number {
  return [...violations.values()].reduce((all, number) => all + number, 0);
}

function isIdle(day: Traffic): boolean {
  const steps = day.requests + day.codesBound + day.verified + day.unverified;
  return steps + day.violations.size + day.counted.size === 0;
}

function sum(days: readonly Traffic[]): Traffic {
  const all = { requests: 0, codesBound: 0, verified: 0, unverified: 0 };
  const violations = new Map<string, number>();
  const counted = new Map<string, number>();
  for (const day of days) {
    all.requests += day.requests;
    all.codesBound += day.codesBound;
    all.verified += day.verified;
    all.unverified += day.unverified;
    for (const [reason, n] of day.violations) violations.set(reason, (violations.get(reason) ?? 0) + n);
    for (const [reason, n] of day.counted) counted.set(reason, (counted.get(reason) ?? 0) + n);
  }
  return { ...all, violations, counted };
}

function notReady(why: string): Verdict {
  return { state: 'not ready', why };
}
