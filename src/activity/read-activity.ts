import { inTurns } from '../in-turns.ts';
import { UNLISTED } from '../policy/client-policy.ts';
import type { ClientRegistry } from '../policy/client-registry.ts';
import type { ActivityStore } from './activity-store.ts';
import { buildClientActivity, type ClientActivity } from './client-activity.ts';
import { ISSUER_ITSELF, marked } from './counted.ts';
import {
  busiestUnlisted,
  type ClientDay,
  emptyHistory,
  type History,
  loadHistories,
  mergeHistory,
  type PastDays,
  sumOf,
} from './history.ts';
import type { ReportedIssuer } from './reported-issuer.ts';
import { SharedPlaces } from './shared-places.ts';

export type ActivityReport = {
  /** Every entry of the configuration, then the client ids without one, then `_unlisted`; by issuer. */
  readonly clients: readonly ClientActivity[];
  /** Requests that the upstream did not answer, by issuer: counted by kind over the period. */
  readonly upstreamTrouble: ReadonlyMap<string, ClientDay>;
};

/** The activity of all clients over the period, with the policies in force. Throws a `StoreFault`. */
export async function readActivity(
  store: Pick<ActivityStore, 'loadActivity'>,
  issuers: readonly ReportedIssuer[],
  now: number,
  { past, keepsRecords = true }: { readonly past?: PastDays; readonly keepsRecords?: boolean } = {},
): Promise<ActivityReport> {
  const upstreamTrouble = new Map<string, ClientDay>();
  const read = [];
  for (const issuer of issuers) {
    const histories = await loadHistories(store, issuer.name, now, past);
    const own = histories.get(ISSUER_ITSELF);
    histories.delete(ISSUER_ITSELF);
    if (own !== undefined) {
      const { counts, last } = sumOf(own);
      upstreamTrouble.set(issuer.name, { counts: marked(counts, '~'), last });
    }
    read.push({ issuer, histories });
  }
  return { clients: await inTurns(buildClients(read, now, keepsRecords)), upstreamTrouble };
}

/** In place of a store that is unreachable: the clients of the configuration are read, without activity. */
export const NO_ACTIVITY: Pick<ActivityStore, 'loadActivity'> = { loadActivity: async () => new Map() };

type Read = { readonly issuer: ReportedIssuer; readonly histories: ReadonlyMap<string, History> };

/** Client by client, in steps, so that logins are not delayed. */
function* buildClients(
  read: readonly Read[],
  now: number,
  keepsRecords: boolean,
): Generator<void, ClientActivity[]> {
  const places = new SharedPlaces();
  const ordered = [];
  for (const { issuer, histories } of read) {
    for (const [client, history] of yield* orderHistories(issuer.clients, histories)) {
      const policy = policyOf(issuer.clients, client);
      places.note(issuer, client, policy, history);
      ordered.push({ issuer, client, policy, history });
      yield;
    }
  }
  const clients: ClientActivity[] = [];
  for (const { issuer, client, policy, history } of ordered) {
    const sharedPlace = places.otherUser(issuer, client, policy);
    const seen = { history, now, sharedPlace, keepsRecords };
    clients.push(buildClientActivity(issuer.name, client, policy, seen));
    yield;
  }
  return clients;
}

function* orderHistories(
  registry: ClientRegistry,
  histories: ReadonlyMap<string, History>,
): Generator<void, Map<string, History>> {
  const byName = new Map<string, History>();
  for (const { name } of registry.all()) {
    if (name !== UNLISTED) byName.set(name, emptyHistory());
    yield;
  }
  const others = emptyHistory();
  const shown = new Set(busiestUnlisted(histories));
  for (const name of shown) if (placeOf(name, registry, shown) === name) getOrAdd(byName, name);
  for (const [name, history] of histories) {
    const at = placeOf(name, registry, shown);
    mergeHistory(at === UNLISTED ? others : getOrAdd(byName, at), history);
    yield;
  }
  return byName.set(UNLISTED, others);
}

function policyOf(registry: ClientRegistry, client: string) {
  return client === UNLISTED ? registry.unlisted : registry.policyFor(client);
}

/** A client_id that has an entry by now is counted under it; beyond the limit, ids are counted under `_unlisted`. */
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
