import { dayText } from '../activity/activity-store.ts';
import type { ClientActivity } from '../activity/client-activity.ts';
import { verdictText } from '../policy/judge-readiness.ts';

/** One client in `/api/clients`. */
export function clientJson(activity: ClientActivity): Readonly<Record<string, unknown>> {
  const { issuer, client, listed, policy, mode, total, lastViolation, verdict } = activity;
  const { S256, plain, none } = total;
  return {
    issuer,
    client,
    listed,
    owner: policy.owner ?? null,
    mode,
    enforce_from: isoTime(policy.enforceFrom),
    enforce_percent: policy.mode === 'enforce' ? policy.enforcePercent : null,
    authorization_requests: total.requests,
    methods: { S256, plain, none },
    codes_bound: total.codesBound,
    codes_redeemed: total.verified + total.unverified,
    codes_redeemed_unverified: total.unverified,
    violations: Object.fromEntries(total.violations),
    violations_counted: Object.fromEntries(total.counted),
    last_violation: lastViolation ? { at: isoTime(lastViolation.at), reason: lastViolation.what } : null,
    first_seen: isoDay(activity.firstDay),
    last_seen: isoDay(activity.lastDay),
    redirect_uris: activity.redirectUris,
    redirect_uris_listed: policy.redirectUris !== undefined,
    code_hash_seen: activity.codeHashSeen,
    verdict: verdictText(verdict),
  };
}

function isoTime(moment: number | undefined): string | null {
  return moment === undefined ? null : new Date(moment).toISOString();
}

/** `2026-11-22` */
function isoDay(day: number | undefined): string | null {
  return day === undefined ? null : dayText(day);
}
