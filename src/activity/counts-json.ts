import { dayText } from './activity-store.ts';
import type { ClientCounts } from './client-activity.ts';

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
