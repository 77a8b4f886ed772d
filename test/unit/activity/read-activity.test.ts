import { expect, test } from 'vitest';
import { dayOf, dayRecord, refusalRecord } from '../../../src/activity/activity-store.ts';
import { MemoryActivityStore } from '../../../src/activity/activity-store-memory.ts';
import type { ClientActivity } from '../../../src/activity/client-activity.ts';
import { PastDays } from '../../../src/activity/history.ts';
import { UNLISTED_LIMIT } from '../../../src/activity/known-clients.ts';
import { NO_ACTIVITY, readActivity } from '../../../src/activity/read-activity.ts';
import { loadRefusals } from '../../../src/activity/refusal.ts';
import type { ClientPolicy } from '../../../src/policy/client-policy.ts';
import { ClientRegistry } from '../../../src/policy/client-registry.ts';
import { verdictText } from '../../../src/policy/judge-readiness.ts';
import { finish } from '../../support/finish.ts';
import { fillActivity, type SampleClient } from '../../support/sample-activity.ts';
import { samplePolicy } from '../../support/sample-policy.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const UNLISTED = samplePolicy({ name: '_unlisted', mode: 'report' });
const corp = (listed: readonly ClientPolicy[], name = 'corp') => ({
  name,
  config: { upstream: { origin: 'https://idp.internal' } },
  clients: finish(ClientRegistry.build({ listed, unlisted: UNLISTED })),
});
const reported = (name: string, more: Partial<ClientPolicy> = {}) =>
  samplePolicy({ name, mode: 'report', ...more });

async function report(entries: readonly string[], counted: readonly SampleClient[]) {
  const store = new MemoryActivityStore(() => NOW);
  await fillActivity(store, 'corp', counted, NOW);
  const past = new PastDays();
  const read = async () => {
    const { clients, upstreamTrouble } = await readActivity(
      store,
      [corp(entries.map((name) => reported(name)))],
      NOW,
      { past },
    );
    return { requests: Object.fromEntries(clients.map(requestsOf)), clients, upstreamTrouble };
  };
  const first = await read();
  // A second reading, with days cached from the first, has the same result.
  expect(await read()).toEqual(first);
  return first;
}
const requestsOf = ({ client, total }: ClientActivity) => [client, total.requests];
const daily = (name: string, requests: number, unlisted = false): SampleClient => ({
  name,
  unlisted,
  day: () => ({ S256: requests, bound: requests, verified: requests }),
});

test('every entry is listed in its order, seen or not; then the others, the busiest first', async () => {
  const { requests } = await report(
    ['b', 'a'],
    [daily('a', 1), daily('x', 2, true), daily('y', 3, true), daily('_unlisted', 4)],
  );
  expect(Object.entries(requests)).toEqual([
    ['b', 0],
    ['a', 14],
    ['y', 42],
    ['x', 28],
    ['_unlisted', 56],
  ]);
});

test('a client that got an entry after it was counted belongs to the entry, its own or a prefix', async () => {
  const counted = [
    daily('mobile-1', 1, true),
    daily('mobile-2', 2, true),
    daily('mobile-*', 4),
    daily('portal', 8, true),
  ];
  expect((await report(['mobile-*', 'portal'], counted)).requests).toEqual({
    'mobile-*': 98,
    portal: 112,
    _unlisted: 0,
  });
});

test('a client whose entry was removed is listed among the others', async () => {
  expect((await report([], [daily('portal', 1)])).requests).toEqual({ _unlisted: 14 });
});

test('an entry that matches `_unlisted` by its prefix does not take it over', async () => {
  const { requests, clients } = await report(['_*'], [daily('_unlisted', 1), daily('_x', 2, true)]);
  expect(requests).toEqual({ '_*': 28, _unlisted: 14 });
  expect(clients.at(-1)).toMatchObject({ client: '_unlisted', listed: false });
});

test('of too many others, those with the most codes have a name', async () => {
  const many = Array.from({ length: UNLISTED_LIMIT + 50 }, (_, i) => daily(`client-${i}`, i + 1, true));
  const { requests } = await report([], many);
  expect(Object.keys(requests)).toHaveLength(UNLISTED_LIMIT + 1);
  expect(requests[`client-${UNLISTED_LIMIT + 49}`]).toBe((UNLISTED_LIMIT + 50) * 14);
  expect(requests['client-49']).toBeUndefined();
  expect(requests['_unlisted']).toBe(14 * ((50 * 51) / 2));
});

test('damaged fields count nothing, and all others are read', async () => {
  const store = new MemoryActivityStore(() => NOW);
  const fields = {
    garbage: 'x',
    'S256 portal': 3,
    'bound portal': 'many',
    'verified portal': '1e400',
    'last portal': 'never challenge_missing',
    'last other': '1e300 challenge_missing',
  };
  await store.addActivity(dayRecord('corp', dayOf(NOW)), new Map(Object.entries(fields)));
  const { clients } = await readActivity(store, [corp([reported('portal'), reported('other')])], NOW);
  expect(
    clients.map(({ client, total, lastViolation }) => [client, total.S256, total.verified, lastViolation]),
  ).toEqual([
    ['portal', 3, 0, undefined],
    ['other', 0, 0, undefined],
    ['_unlisted', 0, 0, undefined],
  ]);
  const texts = ['[1e300, "token"]', '["x"]', '[1]'].map((text, slot) => [`${slot} portal`, text] as const);
  await store.addActivity(refusalRecord('corp'), new Map(texts));
  expect(await loadRefusals(store, 'corp')).toMatchObject([{ client: 'portal', at: 1_000 }]);
});

test('requests that the upstream did not answer are counted by kind', async () => {
  const { upstreamTrouble } = await report([], [daily('portal', 1)]);
  expect(upstreamTrouble.get('corp')).toMatchObject({
    counts: new Map([
      ['timeout', 2],
      ['unreachable', 1],
    ]),
    last: { what: 'timeout' },
  });
});

test('without the store, the configured clients are listed', async () => {
  const issuers = [corp([reported('portal'), samplePolicy({ name: 'done' })])];
  const { clients } = await readActivity(NO_ACTIVITY, issuers, NOW);
  expect(clients.map(({ client, mode }) => [client, mode])).toEqual([
    ['portal', 'report'],
    ['done', 'enforce'],
    ['_unlisted', 'report'],
  ]);
});

test('a client is not ready while another one uses one of its redirect URIs, at any issuer before the same server', async () => {
  const store = new MemoryActivityStore(() => NOW);
  const at = (name: string, uri: string): SampleClient => ({
    ...daily(name, 5),
    day: () => ({ ...daily(name, 5).day(0), [`@${uri}`]: 5 }),
  });
  const place = 'https://app.example.com/cb';
  // Not a loopback address in RFC 8252 7.3: if enforced, it belongs to its owners.
  const local = 'http://127.0.0.3:8000/cb';
  await fillActivity(
    store,
    'corp',
    [at('portal', place), at('owner', place), at('tool', 'http://127.0.0.1/cb'), at('site', local)],
    NOW,
  );
  await fillActivity(
    store,
    'partner',
    [at('intruder', place), at('other-tool', 'http://127.0.0.1/cb'), at('other-site', local)],
    NOW,
  );
  const listing = { redirectUris: [place] };
  const verdicts = async (partner: ReturnType<typeof corp>) => {
    const issuers = [
      corp([
        reported('portal', listing),
        reported('owner', listing),
        reported('tool', { redirectUris: ['http://127.0.0.1/cb'] }),
        reported('site', { redirectUris: [local] }),
      ]),
      partner,
    ];
    const { clients } = await readActivity(store, issuers, NOW);
    return Object.fromEntries(clients.map(({ client, verdict }) => [client, verdictText(verdict)]));
  };
  const others = [reported('intruder'), reported('other-tool'), reported('other-site')];
  expect(await verdicts(corp(others, 'partner'))).toMatchObject({
    portal: `not ready: ${place} is also used by intruder`,
    owner: `not ready: ${place} is also used by intruder`,
    tool: 'ready',
    site: `not ready: ${local} is also used by other-site`,
    intruder: 'ready',
  });
  const elsewhere = {
    ...corp(others, 'partner'),
    config: { upstream: { origin: 'https://other.internal' } },
  };
  expect(await verdicts(elsewhere)).toMatchObject({ portal: 'ready', owner: 'ready' });
});
