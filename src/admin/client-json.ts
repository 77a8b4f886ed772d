import type { ClientActivity } from '../inventory/client-activity.ts';
import { verdictText } from '../policy/judge-readiness.ts';

/** One client in `/api/clients`. */
export function clientJson(activity: ClientActivity): Readonly<Record<string, unknown>> {
  const { issuer, client, listed, policy, mode, methods, total, lastViolation, verdict } = activity;
  return {
    issuer,
    client,
    listed,
    owner: policy.owner ?? null,
    mode,
    enforce_from: isoTime(policy.enforceFrom),
    enforce_percent: policy.mode === 'enforce' ? policy.enforcePercent : null,
    authorization_requests: total.requests,
    methods,
    codes_bound: total.codesBound,
    codes_redeemed: total.verified + total.unverified,
    codes_redeemed_unverified: total.unverified,
    violations: Object.fromEntries(total.violations),
    last_violation: lastViolation ? { at: isoTime(lastViolation.at), reason: lastViolation.reason } : null,
    first_seen: isoTime(activity.firstSeen),
    last_seen: isoTime(activity.lastSeen),
    verdict: verdictText(verdict),
  };
}

function isoTime(moment: number | undefined): string | null {
  return moment === undefined ? null : new Date(moment).toISOString();
}
