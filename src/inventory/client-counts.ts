import type { CodeChallengeMethod } from '../oauth/pkce.ts';
import type { Reason } from '../policy/reason.ts';
import type { RedemptionResult } from '../telemetry/events.ts';
import type { UpstreamFaultKind } from '../upstream/upstream-fault.ts';

/**
 * What is counted: authorization requests by method, codes bound, redemptions by result, violations (`!reason`), and, of
 * the issuer itself, requests that the upstream did not answer (`~kind`).
 */
export type Counted =
  | CodeChallengeMethod
  | 'none'
  | 'bound'
  | RedemptionResult
  | `!${Reason}`
  | `~${UpstreamFaultKind}`;

/** What one client did on one day. Moments are seconds since 1970. */
export type ClientCounts = {
  readonly counts: Map<string, number>;
  firstSeen: number;
  lastSeen: number;
  /** What was last wrong: a reason, or a kind of fault. */
  lastTrouble: { readonly at: number; readonly what: string } | undefined;
  /** Whether it is there under a client_id of its own, without an entry in the configuration. */
  unlisted: boolean;
};

export function newClientCounts(now: number, unlisted: boolean): ClientCounts {
  return { counts: new Map(), firstSeen: now, lastSeen: now, lastTrouble: undefined, unlisted };
}

export function count(into: ClientCounts, what: Counted, now: number): void {
  into.counts.set(what, (into.counts.get(what) ?? 0) + 1);
  into.lastSeen = Math.max(into.lastSeen, now);
  if (what[0] === '!' || what[0] === '~') into.lastTrouble = { at: now, what: what.slice(1) };
}

/** Adds one to another, in whatever order they come. */
export function mergeCounts(into: ClientCounts, from: ClientCounts): void {
  for (const [what, number] of from.counts) into.counts.set(what, (into.counts.get(what) ?? 0) + number);
  into.firstSeen = Math.min(into.firstSeen, from.firstSeen);
  into.lastSeen = Math.max(into.lastSeen, from.lastSeen);
  into.unlisted = from.unlisted;
  const { lastTrouble } = from;
  if (lastTrouble !== undefined && lastTrouble.at >= (into.lastTrouble?.at ?? 0))
    into.lastTrouble = lastTrouble;
}
