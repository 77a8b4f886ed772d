import type { ClientActivity } from '../activity/client-activity.ts';
import { countsJson } from '../activity/client-activity.ts';
import { verdictText } from '../policy/judge-readiness.ts';

/** One client in `/api/clients`. */
export function clientJson(activity: ClientActivity): Readonly<Record<string, unknown>> {
  const { issuer, client, listed, policy, mode, facts, lastViolation, verdict } = activity;
  return {
    issuer,
    client,
    listed,
    owner: policy.owner ?? null,
    mode,
    enforce_from: isoTime(policy.enforceFrom),
    enforce_percent: policy.mode === 'enforce' ? policy.enforcePercent : null,
    ...countsJson(activity),
    last_violation: lastViolation ? { at: isoTime(lastViolation.at), reason: lastViolation.what } : null,
    redirect_uris: activity.redirectUris,
    redirect_uris_listed: policy.redirectUris !== undefined,
    code_hash_seen: activity.codeHashSeen,
    shared_place: facts.sharedPlace ?? null,
    needs_store: facts.needsRecords,
    sees_verifiers: facts.seesVerifiers,
    verdict: verdictText(verdict),
  };
}

function isoTime(moment: number | undefined): string | null {
  return moment === undefined ? null : new Date(moment).toISOString();
}
