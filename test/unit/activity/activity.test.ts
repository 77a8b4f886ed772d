import { describe, expect, test } from 'vitest';
import { Activity, URI_LIMIT } from '../../../src/activity/activity.ts';
import { type ActivityStore, type Changes, dayRecord } from '../../../src/activity/activity-store.ts';
import { MemoryActivityStore } from '../../../src/activity/activity-store-memory.ts';
import { loadRefusals, REFUSALS_KEPT } from '../../../src/activity/refusal.ts';
import { UNSENT_LIMIT } from '../../../src/activity/unsent-changes.ts';
import { StoreFault } from '../../../src/store/flow-store.ts';
import type { Subject } from '../../../src/telemetry/subject.ts';
import type { Violation } from '../../../src/telemetry/violation.ts';
import { keptBy, message } from '../../support/kept-memory.ts';

const DAY = 20_000;
const NOON = (DAY + 0.5) * 86_400_000;

const listed = (client: string): Subject => ({ issuer: 'corp', client, clientId: client });
const unlisted = (clientId: string): Subject => ({ issuer: 'corp', client: '_unlisted', clientId });
const violationOf = (subject: Subject, more: Partial<Violation> = {}): Violation => ({
  ...subject,
  endpoint: 'authorization',
  reason: 'challenge_missing',
  mode: 'report',
  requestId: 'id-1',
  clientAddress: '192.0.2.1',
  userAgent: undefined,
  ...more,
});
const FINE = { redirectUri: undefined, violations: [] };

/** An activity with its own clock, which flushes on demand. */
function openActivity(store: ActivityStore = new MemoryActivityStore(() => NOON)) {
  const lost: number[] = [];
  const clock = { now: NOON };
  const activity = new Activity(store, {
    onLost: (changes) => lost.push(changes),
    now: () => clock.now,
    flushInterval: 2 ** 31 - 1,
  });
  const counts = async (day = DAY) => {
    await activity.flush();
    const loaded = await store.loadActivity(dayRecord('corp', day));
    return Object.fromEntries(
      [...loaded].map(([field, text]) => [field, /^-?\d+$/.test(text) ? Number(text) : text]),
    );
  };
  return { activity, counts, lost, clock, store };
}

/** A memory store that can be unreachable. `after`: it applies the changes, but its reply is lost. */
class FailingStore extends MemoryActivityStore {
  fails: 'no' | 'before' | 'after' = 'no';

  override async addActivity(record: string, changes: Changes): Promise<void> {
    if (this.fails !== 'before') await super.addActivity(record, changes);
    if (this.fails !== 'no') throw new StoreFault('store_unreachable', 'unreachable');
  }
}

describe('an unlisted client', () => {
  test('is counted under _unlisted until the upstream gives it a code, and then gets these counts', async () => {
    const { activity, counts } = openActivity();
    activity.authorizationRequested(unlisted('portal'), 'none');
    activity.violation(violationOf(unlisted('portal')));
    activity.authorizationRequested(unlisted('nobody'), 'S256');
    expect(await counts()).toMatchObject({
      'none _unlisted': 1,
      'S256 _unlisted': 1,
      '!challenge_missing _unlisted': 1,
    });
    activity.codeBound(unlisted('portal'), { redirectUri: undefined, violations: ['challenge_missing'] });
    expect(await counts()).toMatchObject({
      'none _unlisted': 0,
      'S256 _unlisted': 1,
      '!challenge_missing _unlisted': 0,
      'none portal': 1,
      '!challenge_missing portal': 1,
      '#challenge_missing portal': 1,
      'bound portal': 1,
      'unlisted portal': 1,
    });
  });

  test('gets its last violation once it is known, although its login broke no rule', async () => {
    const { activity, counts, store } = openActivity();
    activity.violation(violationOf(unlisted('portal'), { mode: 'enforce', requestId: 'first' }));
    activity.violation(violationOf(unlisted('nobody'), { reason: 'state_conflict' }));
    activity.codeBound(unlisted('portal'), FINE);
    expect(await counts()).toMatchObject({ 'last portal': `${NOON / 1000} challenge_missing` });
    const refusals = await loadRefusals(store, 'corp');
    expect(refusals.filter(({ client }) => client === 'portal')).toMatchObject([
      { requestId: 'first', reason: 'challenge_missing' },
    ]);
  });

  test("keeps yesterday's counts on that day", async () => {
    const { activity, counts, clock } = openActivity();
    activity.authorizationRequested(unlisted('portal'), 'S256');
    clock.now += 86_400_000;
    activity.codeBound(unlisted('portal'), FINE);
    expect(await counts()).toEqual({ 'S256 _unlisted': 0, 'S256 portal': 1 });
    expect(await counts(DAY + 1)).toEqual({ 'bound portal': 1, 'unlisted portal': 1 });
  });

  test.each(['', ' ', 'a\nb', 'ü', '\u202eabc', 'x'.repeat(256), ' a'])(
    'is never recorded as %j',
    async (id) => {
      const { activity, counts } = openActivity();
      activity.codeBound(unlisted(id), FINE);
      expect(await counts()).toEqual({ 'bound _unlisted': 1 });
    },
  );

  test('does not keep its request in memory', () => {
    const { activity } = openActivity();
    activity.authorizationRequested(unlisted('first'), 'S256');
    const kept = keptBy(() => {
      for (let i = 0; i < 500; i += 1) {
        activity.authorizationRequested(unlisted(message(`client-of-number-${i}`).slice(0, 20)), 'S256');
      }
    });
    expect(kept).toBeLessThan(4_000_000);
  });

  test('a flood of other ids in between costs it at most its first request', async () => {
    const { activity, counts } = openActivity();
    activity.authorizationRequested(unlisted('portal'), 'S256');
    for (let i = 0; i < 5_000; i += 1) activity.authorizationRequested(unlisted(`random-${i}`), 'S256');
    activity.codeBound(unlisted('portal'), FINE);
    activity.authorizationRequested(unlisted('portal'), 'S256');
    expect(await counts()).toEqual({
      'S256 _unlisted': 5_001,
      'S256 portal': 1,
      'bound portal': 1,
      'unlisted portal': 1,
    });
  });
});

describe('a violation', () => {
  test('of a request in report counts once the server accepts it, all others count at once', async () => {
    const { activity, counts } = openActivity();
    activity.violation(violationOf(listed('spa')));
    activity.violation(violationOf(listed('spa'), { endpoint: 'token', reason: 'code_unknown' }));
    expect(await counts()).toEqual({
      '!challenge_missing spa': 1,
      '!code_unknown spa': 1,
      'last spa': `${NOON / 1000} code_unknown`,
    });
    activity.violationCounted(listed('spa'), 'code_unknown');
    activity.violation(
      violationOf(listed('spa'), { endpoint: 'authorization_response', reason: 'flow_unknown' }),
    );
    activity.violation(
      violationOf(listed('spa'), { endpoint: 'token', reason: 'code_expired', mode: 'enforce' }),
    );
    expect(await counts()).toMatchObject({
      '#code_unknown spa': 1,
      '#flow_unknown spa': 1,
      '#code_expired spa': 1,
    });
    activity.codeBound(listed('spa'), { redirectUri: undefined, violations: ['challenge_missing'] });
    expect(await counts()).toMatchObject({ '#challenge_missing spa': 1 });
  });

  test('is listed before those of the same second that came earlier', async () => {
    const { activity, store, clock } = openActivity();
    const ids = Array.from({ length: REFUSALS_KEPT + 3 }, (_, index) => `id-${index}`);
    for (const requestId of ids) {
      activity.violation(violationOf(listed('spa'), { requestId }));
      clock.now += 1;
    }
    await activity.flush();
    const listedIds = (await loadRefusals(store, 'corp')).map(({ requestId }) => requestId);
    expect(listedIds).toEqual(ids.slice(-REFUSALS_KEPT).reverse());
  });

  test('is found by its request id; the last violations of each client are kept', async () => {
    const { activity, store } = openActivity();
    activity.violation(
      violationOf(listed('quiet'), { requestId: 'id-of-quiet', detail: 'https://evil.example' }),
    );
    for (let i = 0; i < 500; i += 1)
      activity.violation(violationOf(listed('loud'), { requestId: `id-${i}` }));
    await activity.flush();
    const refusals = await loadRefusals(store, 'corp');
    expect(refusals).toHaveLength(REFUSALS_KEPT + 1);
    expect(refusals.find(({ requestId }) => requestId === 'id-of-quiet')).toEqual({
      issuer: 'corp',
      client: 'quiet',
      at: NOON,
      endpoint: 'authorization',
      reason: 'challenge_missing',
      mode: 'report',
      requestId: 'id-of-quiet',
      detail: 'https://evil.example',
    });
    const loud = refusals.filter(({ client }) => client === 'loud').map(({ requestId }) => requestId);
    expect(loud.sort()).toEqual(Array.from({ length: REFUSALS_KEPT }, (_, i) => `id-${490 + i}`));
  });
});

describe('the redirect URIs of a client', () => {
  const urisOf = (counts: Readonly<Record<string, unknown>>) =>
    Object.keys(counts)
      .filter((field) => field.startsWith('@'))
      .map((field) => field.slice(1, field.indexOf(' ')));

  test('are the targets of its codes, without loopback ports', async () => {
    const { activity, counts } = openActivity();
    for (const redirectUri of [
      'https://app.example.com/cb',
      'http://127.0.0.1:49152/cb',
      'http://127.0.0.1:49153/cb',
      'http://[::1]:1/',
      'http://localhost:8080',
      'com.example.app:/cb',
      // Their port counts when a redirect_uri is compared.
      'https://localhost:8443/cb',
      'http://127.0.0.2:8000/cb',
      'https://app.example.com:8443/cb',
      `https://long.example/${'x'.repeat(600)}`,
      'https://a.example/b c',
    ]) {
      activity.codeBound(listed('spa'), { redirectUri, violations: [] });
    }
    expect(urisOf(await counts())).toEqual([
      'https://app.example.com/cb',
      'http://127.0.0.1/cb',
      'http://[::1]/',
      'http://localhost',
      'com.example.app:/cb',
      'https://localhost:8443/cb',
      'http://127.0.0.2:8000/cb',
      'https://app.example.com:8443/cb',
    ]);
  });

  test('are limited per client and day', async () => {
    const { activity, counts, clock } = openActivity();
    const visit = (i: number, client = 'spa') =>
      activity.codeBound(listed(client), { redirectUri: `https://app.example.com/${i}`, violations: [] });
    for (let i = 0; i < 1_000; i += 1) visit(i);
    visit(0, 'other');
    expect(urisOf(await counts())).toHaveLength(URI_LIMIT + 1);
    clock.now += 86_400_000;
    visit(5_000);
    expect(urisOf(await counts(DAY + 1))).toEqual(['https://app.example.com/5000']);
  });
});

test('every issuer and day has separate counts, in any order', async () => {
  const { activity, counts, clock, store } = openActivity();
  const other = { ...listed('spa'), issuer: 'other' };
  activity.codeBound(listed('spa'), FINE);
  activity.codeBound(other, FINE);
  clock.now += 86_400_000;
  activity.codeBound(other, FINE);
  activity.codeBound(listed('spa'), FINE);
  clock.now -= 86_400_000;
  activity.codeBound(listed('spa'), FINE);
  expect(await counts()).toEqual({ 'bound spa': 2 });
  expect(await counts(DAY + 1)).toEqual({ 'bound spa': 1 });
  for (const day of [DAY, DAY + 1]) {
    expect(await store.loadActivity(dayRecord('other', day))).toEqual(new Map([['bound spa', '1']]));
  }
});

describe('while the store is unreachable', () => {
  test('counts are kept and added up; a flush without a reply counts twice', async () => {
    const store = new FailingStore(() => NOON);
    const { activity, counts } = openActivity(store);
    activity.codeBound(listed('spa'), FINE);
    store.fails = 'before';
    await expect(activity.flush()).rejects.toThrow(StoreFault);
    activity.codeBound(listed('spa'), FINE);
    await expect(activity.flush()).rejects.toThrow(StoreFault);
    store.fails = 'no';
    expect(await counts()).toEqual({ 'bound spa': 2 });
    activity.codeBound(listed('spa'), FINE);
    store.fails = 'after';
    await expect(activity.flush()).rejects.toThrow(StoreFault);
    store.fails = 'no';
    expect(await counts()).toEqual({ 'bound spa': 4 });
  });

  test('the last violation is the latest one, in any order of arrival', async () => {
    const store = new FailingStore(() => NOON);
    const { activity, counts, clock } = openActivity(store);
    store.fails = 'before';
    activity.violation(violationOf(listed('spa'), { reason: 'challenge_missing' }));
    const flushed = activity.flush();
    clock.now += 1_000;
    activity.violation(violationOf(listed('spa'), { reason: 'challenge_malformed' }));
    await expect(flushed).rejects.toThrow(StoreFault);
    store.fails = 'no';
    expect(await counts()).toMatchObject({ 'last spa': `${NOON / 1000 + 1} challenge_malformed` });
  });

  test('there is a limit; when the store is back, the number of lost counts is reported', async () => {
    const store = new FailingStore(() => NOON);
    const { activity, lost } = openActivity(store);
    store.fails = 'before';
    for (let i = 0; i < UNSENT_LIMIT + 7; i += 1) activity.codeBound(listed(`client-${i}`), FINE);
    await expect(activity.flush()).rejects.toThrow(StoreFault);
    activity.codeBound(listed('client-1'), FINE);
    store.fails = 'no';
    await activity.flush();
    expect(lost).toEqual([7]);
    expect((await store.loadActivity(dayRecord('corp', DAY))).size).toBe(UNSENT_LIMIT);
  });

  test('counts that are left at the end are reported as lost', async () => {
    const store = new FailingStore(() => NOON);
    store.fails = 'before';
    const { activity, lost } = openActivity(store);
    activity.codeBound(listed('spa'), FINE);
    await activity[Symbol.asyncDispose]();
    expect(lost).toEqual([1]);
  });
});

test('the end adds the remaining counts to the store', async () => {
  const { activity, store } = openActivity();
  activity.redeemed(listed('spa'), 'verified');
  activity.upstreamFault('corp', 'timeout');
  await activity[Symbol.asyncDispose]();
  expect(await store.loadActivity(dayRecord('corp', DAY))).toEqual(
    new Map([
      ['verified spa', '1'],
      ['~timeout ', '1'],
      ['last ', `${NOON / 1000} timeout`],
    ]),
  );
});
