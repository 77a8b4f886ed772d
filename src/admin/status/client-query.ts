import type { ClientActivity } from '../../activity/client-activity.ts';
import { UNLISTED } from '../../policy/client-policy.ts';
import { VERDICTS } from '../../policy/judge-readiness.ts';
import { MODES } from '../../policy/mode.ts';

const PAGE_SIZE = 100;
const LONGEST_SEARCH = 200;

export type SortKey = 'attention' | 'client' | 'mode' | 'requests' | 'codes' | 'violations' | 'last_seen';

type Order = {
  readonly words: string;
  readonly by: (client: ClientActivity) => number | string;
  /** From the smallest at first. With numbers, the largest ones matter most. */
  readonly ascends?: true;
};

export const ORDERS: Readonly<Record<SortKey, Order>> = {
  attention: { words: 'what needs attention', by: attention },
  client: { words: 'name', by: ({ client }) => client.toLowerCase(), ascends: true },
  mode: { words: 'mode', by: ({ mode }) => mode, ascends: true },
  requests: { words: 'requests', by: ({ total }) => total.requests },
  codes: { words: 'codes', by: ({ total }) => total.codesBound },
  violations: { words: 'violations', by: ({ total }) => violationCount(total) },
  last_seen: { words: 'last seen', by: ({ lastDay }) => lastDay ?? 0 },
};

/** Which clients to show, and in which order: the query of the status page. */
export type ClientQuery = {
  readonly search: string;
  readonly issuer: string;
  readonly mode: string;
  readonly verdict: string;
  readonly sort: SortKey;
  readonly descending: boolean;
  readonly page: number;
};

/** Reads the query of the URL. Unknown values are ignored. */
export function parseClientQuery(text: string): ClientQuery {
  const parameters = new URLSearchParams(text);
  const get = (name: string) => (parameters.get(name) ?? '').trim();
  const oneOf = <T extends string>(name: string, words: readonly T[]) =>
    words.find((word) => word === get(name));
  const sort = oneOf('sort', Object.keys(ORDERS) as SortKey[]) ?? 'attention';
  const page = /^\d{1,6}$/.test(get('page')) ? Number(get('page')) : 1;
  return {
    search: get('search').slice(0, LONGEST_SEARCH),
    issuer: get('issuer'),
    mode: oneOf('mode', MODES) ?? '',
    verdict: oneOf('verdict', VERDICTS) ?? '',
    sort,
    descending: get('order') === '' ? startsDescending(sort) : get('order') === 'desc',
    page: Math.max(1, page),
  };
}

/** Which clients, if it is all. */
export const UNFILTERED = { search: '', issuer: '', mode: '', verdict: '' } as const;

/** The query of a URL with some values changed; the first page, unless a page is given. */
export function clientQueryText(query: ClientQuery, changes: Partial<ClientQuery> = {}): string {
  const { search, issuer, mode, verdict, sort, descending, page } = { ...query, page: 1, ...changes };
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ search, issuer, mode, verdict })) {
    if (value !== '') parameters.set(name, value);
  }
  if (sort !== 'attention') parameters.set('sort', sort);
  if (descending !== startsDescending(sort)) parameters.set('order', descending ? 'desc' : 'asc');
  if (page > 1) parameters.set('page', String(page));
  return `?${parameters}`;
}

export function startsDescending(sort: SortKey): boolean {
  return ORDERS[sort].ascends !== true;
}

/** The clients with a row: `_unlisted` has one only if something was counted under it. */
export function matchingClients(all: readonly ClientActivity[], query: ClientQuery): ClientActivity[] {
  const wanted = query.search.toLowerCase();
  return all.filter(({ issuer, client, mode, policy, verdict, lastDay }) => {
    if (client === UNLISTED && lastDay === undefined) return false;
    if (query.issuer !== '' && issuer !== query.issuer) return false;
    if (query.mode !== '' && mode !== query.mode) return false;
    if (query.verdict !== '' && verdict.state !== query.verdict) return false;
    const texts = [client, policy.owner ?? '', policy.description ?? ''];
    return wanted === '' || texts.some((text) => text.toLowerCase().includes(wanted));
  });
}

/** One page of the matching clients. */
export function selectClients(all: readonly ClientActivity[], query: ClientQuery) {
  const { by } = ORDERS[query.sort];
  const sign = query.descending ? -1 : 1;
  const sorted = matchingClients(all, query)
    .map((client) => ({ client, key: by(client) }))
    .sort(
      (one, other) => sign * compare(one.key, other.key) || compare(one.client.client, other.client.client),
    )
    .map(({ client }) => client);
  const pages = Math.max(1, Math.ceil(sorted.length / PAGE_SIZE));
  const page = Math.min(query.page, pages);
  return {
    clients: sorted.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE),
    matching: sorted.length,
    page,
    pages,
  };
}

export function violationCount({ violations }: Pick<ClientActivity['total'], 'violations'>): number {
  return [...violations.values()].reduce((sum, count) => sum + count, 0);
}

/** An enforced client with refused requests: its users cannot log in. */
export function isInTrouble({ mode, verdict }: ClientActivity): boolean {
  return mode === 'enforce' && verdict.state === 'not ready';
}

/** Clients in trouble come first, then clients that are not ready, then those that could be enforced; busy clients before others. */
function attention(client: ClientActivity): number {
  const { mode, total } = client;
  const rank = isInTrouble(client) ? 5 : mode === 'report' ? RANKS[client.verdict.state] : 0;
  return rank * 1e12 + Math.min(total.requests + violationCount(total), 1e12 - 1);
}

const RANKS = { 'not ready': 4, ready: 3, 'nearly ready': 2, 'no traffic': 1 } as const;

export type ClientPage = ReturnType<typeof selectClients>;

export function clientPath(issuer: string, client: string): string {
  return `client?${new URLSearchParams({ issuer, client })}`;
}

/** `client-9` comes before `client-10`. */
const NAMES = new Intl.Collator('en', { numeric: true });

function compare(one: number | string, other: number | string): number {
  if (typeof one === 'string' && typeof other === 'string') return NAMES.compare(one, other);
  return one < other ? -1 : one > other ? 1 : 0;
}
