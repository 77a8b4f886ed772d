import { periodDays } from '../activity/activity-store.ts';
import { type ClientCounts, countsJson, readCounts } from '../activity/client-activity.ts';
import { emptyHistory, type History } from '../activity/history.ts';
import { UNLISTED } from '../policy/client-policy.ts';
import { judgeReadiness, verdictText } from '../policy/judge-readiness.ts';
import type { Mode } from '../policy/mode.ts';
import { historyKey } from './fetch-histories.ts';
import { type ReportedClient, verdictState } from './reported-client.ts';

const DAY = 86_400_000;

/** The clients of one gateway with the counts of all gateways, and the verdict by these. `now`: epoch milliseconds. */
export function judgeAllReplicas(
  clients: readonly ReportedClient[],
  histories: ReadonlyMap<string, History>,
  now: number,
): readonly ReportedClient[] {
  return clients.map((client) => {
    if (!client.listed && client.client !== UNLISTED) return judgeUnnamed(client);
    const counts = readCounts(histories.get(historyKey(client.issuer, client.client)) ?? emptyHistory(), now);
    const { enforce_percent: percent, shared_place: place } = client;
    const verdict = judgeReadiness(counts.days, {
      mode: client.mode as Mode,
      enforcePercent: percent ?? 100,
      isUnlisted: client.client === UNLISTED,
      sharedPlace: place ?? undefined,
      needsRecords: client.needs_store,
      seesVerifiers: client.sees_verifiers,
    });
    return {
      ...client,
      ...countsJson(counts),
      last_violation: laterViolation(client.last_violation, lastViolation(counts, now)),
      verdict: verdictText(verdict),
    };
  });
}

/** A client without an entry: the metrics count all of these together under `_unlisted`. */
function judgeUnnamed(client: ReportedClient): ReportedClient {
  const isEnforced = client.mode === 'enforce' && (client.enforce_percent ?? 100) === 100;
  if (isEnforced || !['ready', 'nearly ready'].includes(verdictState(client))) return client;
  const verdict =
    'not ready: its counts are those of one gateway, since Prometheus has all clients without an entry under `_unlisted`: give it an entry';
  return { ...client, verdict };
}

type LastViolation = ReportedClient['last_violation'];

/** The last violation by Prometheus: the start of its day, and the most frequent reason of that day. */
function lastViolation({ days }: ClientCounts, now: number): LastViolation {
  const index = days.findLastIndex(({ violations }) => violations.size > 0);
  const [most] = days[index]?.violations ?? [];
  if (most === undefined) return null;
  return { at: new Date((periodDays(now)[index] as number) * DAY).toISOString(), reason: most[0] };
}

function laterViolation(one: LastViolation, other: LastViolation): LastViolation {
  if (one === null || other === null) return one ?? other;
  return Date.parse(one.at) >= Date.parse(other.at) ? one : other;
}
