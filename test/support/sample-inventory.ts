import { newClientCounts } from '../../src/inventory/client-counts.ts';
import { dayOf, PERIOD_DAYS } from '../../src/inventory/day.ts';
import type { CountsEntry, InventoryStore } from '../../src/inventory/inventory-store.ts';
import { ISSUER_ITSELF } from '../../src/inventory/names.ts';

/** What a sample client does on one day, `ago` days before today. */
export type SampleDay = (ago: number) => Readonly<Record<string, number>>;

export type SampleClient = { readonly name: string; readonly unlisted?: boolean; readonly day: SampleDay };

const logins = (n: number) => ({ S256: n, bound: n, verified: n });

/** All that a client can be: ready, without PKCE, fixed last week, going around the gateway, idle. */
export const SAMPLE_DAYS: readonly SampleDay[] = [
  (ago) => logins(120 - 4 * ago + (ago % 5) * 9),
  (ago) => ({ none: 40 + ago, bound: 40, unverified: 39, '!challenge_missing': 40 + ago }),
  (ago) => (ago > 8 ? { none: 20, bound: 20, unverified: 20, '!challenge_missing': 20 } : logins(25)),
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
    ...(ago === 1 && { '!method_not_allowed': 8 }),
  }),
];

/** Fills a store with 14 days of traffic. */
export async function fillInventory(
  store: InventoryStore,
  issuer: string,
  clients: readonly SampleClient[],
  now: number,
): Promise<void> {
  let sequence = 0;
  for (let ago = PERIOD_DAYS - 1; ago >= 0; ago -= 1) {
    const at = Math.floor(now / 1000) - ago * 86_400;
    const entries = clients.flatMap(({ name, unlisted = false, day }) =>
      entryOf(name, unlisted, day(ago), at),
    );
    if (ago === 3) entries.push(...entryOf(ISSUER_ITSELF, false, { '~timeout': 2, '~unreachable': 1 }, at));
    for (let start = 0; start < entries.length; start += 200) {
      sequence += 1;
      const batch = entries.slice(start, start + 200);
      await store.addCounts({ issuer, day: dayOf(now) - ago, writer: 'sample', sequence, entries: batch });
    }
  }
}

function entryOf(
  name: string,
  unlisted: boolean,
  did: Readonly<Record<string, number>>,
  at: number,
): CountsEntry[] {
  const counted = Object.entries(did).filter(([, count]) => count > 0);
  if (counted.length === 0) return [];
  const counts = newClientCounts(at, unlisted);
  for (const [what, count] of counted) counts.counts.set(what, count);
  const trouble = counted.find(([what]) => /^[!~]/.test(what))?.[0].slice(1);
  if (trouble !== undefined) counts.lastTrouble = { at, what: trouble };
  return [{ name, counts, fresh: false }];
}
