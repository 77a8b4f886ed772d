import { type ActivityStore, dayOf, dayRecord, PERIOD_DAYS } from '../../src/activity/activity-store.ts';
import { ISSUER_ITSELF } from '../../src/activity/counted.ts';

/** The activity of a sample client on one day, `ago` days before today. */
export type SampleDay = (ago: number) => Readonly<Record<string, number>>;

export type SampleClient = { readonly name: string; readonly unlisted?: boolean; readonly day: SampleDay };

const logins = (n: number) => ({ S256: n, bound: n, verified: n });

/** The kinds of clients: ready, without PKCE, fixed last week, bypassing the gateway, idle. */
export const SAMPLE_DAYS: readonly SampleDay[] = [
  (ago) => ({ ...logins(120 - 4 * ago + (ago % 5) * 9), '@https://app.example.com/cb': 100 }),
  (ago) => ({
    ...{ none: 40 + ago, bound: 40, unverified: 39 },
    ...{ '!challenge_missing': 40 + ago, '#challenge_missing': 40 },
  }),
  (ago) =>
    ago > 8
      ? { none: 20, bound: 20, unverified: 20, '!challenge_missing': 20, '#challenge_missing': 20 }
      : logins(25),
  (ago) => ({ S256: 60, bound: 60, verified: ago % 2 === 0 ? 30 : 20 }),
  () => ({}),
  (ago) => ({
    ...logins(ago % 3),
    ...(ago === 2 && { '!redirect_uri_not_allowed': 3, '!verifier_mismatch': 2, '!code_replayed': 1 }),
  }),
  (ago) => ({
    S256: 50,
    plain: 7,
    none: 1,
    bound: 57,
    verified: 56,
    ...(ago === 1 && { '!method_not_allowed': 8, '#method_not_allowed': 8 }),
  }),
];

/** Fills a store with 14 days of traffic. */
export async function fillActivity(
  store: ActivityStore,
  issuer: string,
  clients: readonly SampleClient[],
  now: number,
): Promise<void> {
  for (let ago = PERIOD_DAYS - 1; ago >= 0; ago -= 1) {
    const at = Math.floor(now / 1000) - ago * 86_400;
    const fields = clients.flatMap(({ name, unlisted = false, day }) =>
      fieldsOf(name, unlisted, day(ago), at),
    );
    if (ago === 3) fields.push(...fieldsOf(ISSUER_ITSELF, false, { '~timeout': 2, '~unreachable': 1 }, at));
    for (let start = 0; start < fields.length; start += 500) {
      const record = dayRecord(issuer, dayOf(now) - ago);
      await store.addActivity(record, new Map(fields.slice(start, start + 500)));
    }
  }
}

function fieldsOf(
  name: string,
  unlisted: boolean,
  did: Readonly<Record<string, number>>,
  at: number,
): [string, number | string][] {
  const fields = Object.entries(did)
    .filter(([, count]) => count > 0)
    .map(([what, count]): [string, number | string] => [`${what} ${name}`, count]);
  const trouble = Object.keys(did).find((what) => /^[!~]/.test(what));
  if (trouble !== undefined) fields.push([`last ${name}`, `${at} ${trouble.slice(1)}`]);
  if (unlisted && did['bound'] !== undefined) fields.push([`unlisted ${name}`, did['bound']]);
  return fields;
}
