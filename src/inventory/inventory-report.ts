import { setImmediate } from 'node:timers/promises';
import { type ClientPolicies, UNLISTED } from '../policy/client-policy.ts';
import { ClientRegistry } from '../policy/client-registry.ts';
import { buildClientActivity, type ClientActivity } from './client-activity.ts';
import { PERIOD_DAYS } from './day.ts';
import { busiestUnlisted, type History, loadHistories, mergeHistory } from './history.ts';
import type { CountsSource } from './inventory-store.ts';
import { ISSUER_ITSELF } from './names.ts';

/** Clients between two pauses: about a millisecond. */
const AT_A_TIME = 50;

/** An issuer whose clients are asked for. */
export type ReportedIssuer = { readonly name: string; readonly clients: ClientPolicies };

export type InventoryReport = {
  /** Every entry of the configuration, then the client ids without one, then `_unlisted`; issuer by issuer. */
  readonly clients: readonly ClientActivity[];
  /** Requests that the upstream did not answer, by issuer. */
  readonly upstreamTrouble: ReadonlyMap<string, UpstreamTrouble>;
};

export type UpstreamTrouble = {
  /** By kind, over the period. */
  readonly counts: ReadonlyMap<string, number>;
  readonly last: { readonly at: number; readonly what: string } | undefined;
};

/** What the clients of all issuers did over the period, by the configuration in force. Throws a `StoreFault`. */
export async function readInventory(
  store: CountsSource,
  issuers: readonly ReportedIssuer[],
  now: number,
): Promise<InventoryReport> {
  const clients: ClientActivity[] = [];
  const upstreamTrouble = new Map<string, UpstreamTrouble>();
  for (const issuer of issuers) {
    const histories = await loadHistories(store, issuer.name, now);
    const own = histories.get(ISSUER_ITSELF);
    histories.delete(ISSUER_ITSELF);
    if (own !== undefined) upstreamTrouble.set(issuer.name, troubleOf(own));
    for await (const client of activitiesOf(issuer, histories, now)) clients.push(client);
  }
  return { clients, upstreamTrouble };
}

/** Client by client, with pauses for those who want to log in meanwhile. */
async function* activitiesOf(
  { name: issuer, clients: policies }: ReportedIssuer,
  histories: ReadonlyMap<string, History>,
  now: number,
): AsyncGenerator<ClientActivity> {
  const registry = new ClientRegistry(policies);
  const byName = new Map<string, History>();
  for (const { name } of registry.all()) byName.set(name, emptyHistory());
  const others = emptyHistory();
  const shown = new Set(busiestUnlisted(histories));
  for (const name of shown) if (placeOf(name, registry, shown) === name) getOrAdd(byName, name);
  for (const [name, history] of histories) {
    const at = placeOf(name, registry, shown);
    if (at === UNLISTED) mergeHistory(others, history);
    else mergeHistory(getOrAdd(byName, at), history);
  }
  // It comes last.
  byName.delete(UNLISTED);
  byName.set(UNLISTED, others);
  let built = 0;
  for (const [client, history] of byName) {
    const policy = client === UNLISTED ? registry.unlisted : registry.policyFor(client);
    yield buildClientActivity(issuer, client, policy, history, now);
    built += 1;
    if (built % AT_A_TIME === 0) await setImmediate();
  }
}

/** A client_id that has got an entry since it was counted belongs to that; one among too many belongs to `_unlisted`. */
function placeOf(name: string, registry: ClientRegistry, shown: ReadonlySet<string>): string {
  if (name === UNLISTED) return UNLISTED;
  const entry = registry.policyFor(name).name;
  return entry === UNLISTED && shown.has(name) ? name : entry;
}

function getOrAdd(histories: Map<string, History>, name: string): History {
  const history = histories.get(name) ?? emptyHistory();
  histories.set(name, history);
  return history;
}

function emptyHistory(): History {
  return new Array<undefined>(PERIOD_DAYS).fill(undefined);
}

function troubleOf(history: History): UpstreamTrouble {
  const counts = new Map<string, number>();
  let last: UpstreamTrouble['last'];
  for (const day of history) {
    for (const [what, number] of day?.counts ?? []) {
      const kind = what.slice(1);
      counts.set(kind, (counts.get(kind) ?? 0) + number);
    }
    if (day?.lastTrouble !== undefined) last = { at: day.lastTrouble.at * 1000, what: day.lastTrouble.what };
  }
  return { counts, last };
}
