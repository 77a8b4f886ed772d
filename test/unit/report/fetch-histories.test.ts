import { createServer } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { fetchHistories, historyKey } from '../../../src/report/fetch-histories.ts';
import type { ReportFault } from '../../../src/report/fetch-text.ts';
import { judgeAllReplicas } from '../../../src/report/judge-all-replicas.ts';
import type { ReportedClient } from '../../../src/report/reported-client.ts';
import { freePort } from '../../support/free-port.ts';
import { listen } from '../../support/listener.ts';

const NOW = Date.parse('2026-11-30T08:00:05.700Z');
const DAY = 86_400;
const MIDNIGHT = Date.parse('2026-11-30T00:00:00Z') / 1000;

/** The labels of a metric, and its counts by day, today last. */
type Recorded = readonly [labels: Readonly<Record<string, string>>, days: readonly (number | undefined)[]];

const corp = (client: string, more = {}) => ({ issuer: 'corp', client, ...more });
const days = (count: number) => new Array<number>(14).fill(count);
/** `at` counts from the oldest day; 13 is today. */
const on = (at: number, count: number) =>
  new Array<number | undefined>(14).fill(undefined).with(at, count) as (number | undefined)[];

const RECORDED: Readonly<Record<string, readonly Recorded[]>> = {
  build_info: [[{}, days(2)]],
  authorization_requests_total: [
    [corp('spa', { challenge_method: 'S256' }), days(3.0004)],
    [corp('late', { challenge_method: 'S256' }), days(5)],
    [corp('late', { challenge_method: 'none' }), on(5, 2)],
    [corp('probed', { challenge_method: 'none' }), on(13, 40)],
    [corp('gone', { challenge_method: 'S256' }), days(9)],
  ],
  codes_bound_total: [
    [corp('spa'), days(3)],
    [corp('late'), days(5)],
    [corp('_unlisted'), on(13, 4)],
  ],
  redemptions_total: [
    [corp('spa', { result: 'verified' }), days(2.9996)],
    [corp('spa', { result: 'refused' }), days(1)],
    [corp('late', { result: 'verified' }), days(4)],
    [corp('late', { result: 'unverified' }), days(1)],
    [corp('_unlisted', { result: 'unverified' }), on(13, 4)],
  ],
  violations_with_code_total: [
    [corp('late', { reason: 'challenge_missing' }), on(5, 2)],
    [corp('_unlisted', { reason: 'verifier_missing' }), on(13, 4.2)],
  ],
  rejections_total: [
    [corp('spa', { endpoint: 'token', reason: 'code_replayed' }), on(1, 1)],
    [corp('spa', { endpoint: 'authorization', reason: 'challenge_missing' }), on(0, 1)],
  ],
  report_only_violations_total: [
    [corp('late', { endpoint: 'authorization', reason: 'challenge_missing' }), on(5, 7)],
    [corp('late', { endpoint: 'authorization', reason: 'method_not_allowed' }), on(5, 1)],
    [corp('probed', { endpoint: 'authorization', reason: 'challenge_missing' }), on(13, 40)],
    [corp('_unlisted', { endpoint: 'token', reason: 'verifier_missing' }), on(13, 4.2)],
  ],
};

/** Answers like Prometheus, from these records. */
function answerQuery(parameters: URLSearchParams): object {
  const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(parameters.get(name)));
  const isToday = start === end;
  expect([start, end, step]).toEqual(
    isToday ? [MIDNIGHT + 28_805, MIDNIGHT + 28_805, 1] : [MIDNIGHT - 12 * DAY, MIDNIGHT, DAY],
  );
  const query = parameters.get('query') ?? '';
  const metric = /pkce_gateway_(\w+)/.exec(query)?.[1] ?? '';
  const last = query.includes(isToday ? '[28805s]' : '[86400s]');
  expect([metric, last]).toEqual([expect.toSatisfy((name) => name in RECORDED), true]);
  const result = (RECORDED[metric] ?? []).flatMap(([labels, all]) => {
    const points = isToday
      ? [[MIDNIGHT + 28_805, all[13]]]
      : all.slice(0, 13).map((count, i) => [MIDNIGHT + (i - 12) * DAY, count]);
    const values = points.filter(([, count]) => count !== undefined).map(([at, n]) => [at, String(n)]);
    return values.length === 0 ? [] : [{ metric: labels, values }];
  });
  return { status: 'success', data: { resultType: 'matrix', result } };
}

const NO_ACCESS = { ca: undefined, token: undefined };
const client = (name: string, more: Partial<ReportedClient> = {}): ReportedClient => ({
  issuer: 'corp',
  client: name,
  listed: true,
  owner: null,
  mode: 'report',
  enforce_from: null,
  enforce_percent: null,
  authorization_requests: 1,
  methods: { S256: 1, plain: 0, none: 0 },
  codes_bound: 1,
  codes_redeemed: 1,
  violations: {},
  last_violation: null,
  redirect_uris: ['https://seen.example.com/'],
  redirect_uris_listed: false,
  shared_place: null,
  needs_store: false,
  sees_verifiers: true,
  verdict: 'nearly ready: 1 login in 1 day',
  ...more,
});

describe("Prometheus's data", () => {
  const judged = async (...clients: readonly ReportedClient[]) => {
    await using prometheus = await listen(
      createServer((request, response) => {
        const { pathname, searchParams } = new URL(request.url ?? '', 'http://prometheus');
        expect(pathname).toBe('/some/prefix/api/v1/query_range');
        response.end(JSON.stringify(answerQuery(searchParams)));
      }),
    );
    const url = new URL('/some/prefix/', prometheus.url);
    const histories = await fetchHistories({ url, access: NO_ACCESS, job: undefined }, NOW);
    return judgeAllReplicas(clients, histories, NOW);
  };

  test('is added up by day, and judged like the activity of one gateway', async () => {
    const clients = await judged(
      client('spa', { mode: 'enforce', enforce_percent: 100 }),
      client('late'),
      client('probed'),
      client('idle'),
      client('_unlisted', { listed: false }),
    );
    expect(clients).toMatchObject([
      {
        authorization_requests: 42,
        methods: { S256: 42, plain: 0, none: 0 },
        codes_bound: 42,
        codes_redeemed: 42,
        codes_redeemed_unverified: 0,
        violations: { code_replayed: 1, challenge_missing: 1 },
        violations_counted: { code_replayed: 1 },
        last_violation: { at: '2026-11-18T00:00:00.000Z', reason: 'code_replayed' },
        first_seen: '2026-11-17',
        last_seen: '2026-11-30',
        redirect_uris: ['https://seen.example.com/'],
        verdict: 'ready',
      },
      {
        authorization_requests: 72,
        methods: { S256: 70, plain: 0, none: 2 },
        codes_redeemed: 70,
        codes_redeemed_unverified: 14,
        violations: { challenge_missing: 7, method_not_allowed: 1 },
        violations_counted: { challenge_missing: 2 },
        last_violation: { at: '2026-11-22T00:00:00.000Z', reason: 'challenge_missing' },
        verdict: 'ready',
      },
      {
        authorization_requests: 40,
        violations: { challenge_missing: 40 },
        violations_counted: {},
        verdict: expect.stringMatching(/^not ready: no login has received its code/),
      },
      { authorization_requests: 0, codes_bound: 0, first_seen: null, verdict: 'no traffic' },
      {
        codes_bound: 4,
        violations: { verifier_missing: 4 },
        verdict: expect.stringMatching(
          /^not ready: 4 requests would have been refused .*verifier_missing ×4/,
        ),
      },
    ]);
  });

  test('is not sufficient for a verdict: the gateway has the rest', async () => {
    const shared_place = { uri: 'https://spa.example.com/', client: 'idle' };
    const clients = await judged(
      client('late', { shared_place }),
      client('late', { needs_store: true }),
      client('late', { sees_verifiers: false }),
      client('late', { mode: 'off' }),
      client('late', { last_violation: { at: '2026-11-22T13:00:00.000Z', reason: 'method_not_allowed' } }),
      client('late', { last_violation: { at: '2026-11-21T13:00:00.000Z', reason: 'method_not_allowed' } }),
    );
    expect(clients.map(({ verdict }) => verdict)).toEqual([
      'not ready: https://spa.example.com/ is also used by idle',
      expect.stringMatching(/^not ready: needs a store/),
      'ready: but a sealed store cannot check verifiers in report',
      expect.stringMatching(/^not ready: its mode is `off`/),
      'ready',
      'ready',
    ]);
    expect(clients.slice(4).map(({ last_violation }) => last_violation?.at)).toEqual([
      '2026-11-22T13:00:00.000Z',
      '2026-11-22T00:00:00.000Z',
    ]);
  });

  test('refusals of made-up client ids put no enforced gateway in trouble', async () => {
    const [unlisted] = await judged(
      client('_unlisted', { listed: false, mode: 'enforce', enforce_percent: 100 }),
    );
    expect(unlisted).toMatchObject({ violations: { verifier_missing: 4 }, verdict: 'ready' });
  });

  test('has no name for clients without an entry: the view of one gateway makes none of them ready', async () => {
    const unnamed = { listed: false };
    const clients = await judged(
      client('new', { ...unnamed, verdict: 'ready' }),
      client('new', unnamed),
      client('new', { ...unnamed, verdict: 'not ready: for a reason' }),
      client('new', { ...unnamed, mode: 'enforce', enforce_percent: 100, verdict: 'ready' }),
      client('new', { ...unnamed, mode: 'enforce', enforce_percent: 50, verdict: 'ready' }),
    );
    const unknown = expect.stringMatching(
      /^not ready: its counts are those of one gateway.*give it an entry$/,
    );
    expect(clients.map(({ verdict }) => verdict)).toEqual([
      unknown,
      unknown,
      'not ready: for a reason',
      'ready',
      unknown,
    ]);
    expect(clients.map(({ codes_bound }) => codes_bound)).toEqual([1, 1, 1, 1, 1]);
  });
});

test('issuers and clients with any names stay separate', () =>
  expect(historyKey('a', 'b","c')).not.toBe(historyKey('a","b', 'c')));

describe('Prometheus cannot be queried', () => {
  const fault = async (status: number, body: string | Readable) => {
    await using prometheus = await listen(
      createServer((_, response) => {
        response.statusCode = status;
        if (typeof body === 'string') response.end(body);
        else pipeline(body, response, () => {});
      }),
    );
    const url = new URL(prometheus.url);
    url.username = 'someone';
    url.password = 'secret';
    const fetching = fetchHistories({ url, access: NO_ACCESS, job: undefined }, NOW);
    const { message } = await fetching.then(
      () => expect.fail('it has answered'),
      (error: ReportFault) => error,
    );
    expect(message).not.toContain('secret');
    return message.replace(prometheus.url, 'URL');
  };
  const json = (answer: object) => JSON.stringify(answer);
  const success = (more: object) =>
    json({ status: 'success', data: { resultType: 'matrix', result: [] }, ...more });
  const matrix = (...result: readonly unknown[]) => success({ data: { resultType: 'matrix', result } });
  const OTHER = 'check that --prometheus is the address of a Prometheus, with its path before /api/v1';

  test.each([
    [200, '<html>', `URL/api/v1/query_range answered 200: ${OTHER}`],
    [404, 'not found', `URL/api/v1/query_range answered 404: ${OTHER}`],
    [200, '{"clients":[]}', `URL/api/v1/query_range answered 200: ${OTHER}`],
    [500, matrix(), `URL/api/v1/query_range answered 500: ${OTHER}`],
    [200, success({ data: { resultType: 'vector', result: [] } }), OTHER],
    [200, matrix({ metric: {}, values: [[1, 'NaN']] }), OTHER],
    [200, matrix({ metric: { a: 1 }, values: [] }), OTHER],
    [200, matrix({ metric: {} }), OTHER],
    [200, matrix(null), OTHER],
    [401, '', 'URL answered 401: set --prometheus-token-file'],
    [
      422,
      json({ status: 'error', errorType: 'execution', error: 'too many samples\u001b[2J' }),
      'the Prometheus at URL failed to answer a query: too many samples\\u{1b}[2J',
    ],
    [200, success({ warnings: ['a store is gone'] }), 'failed to answer a query: a store is gone'],
    [200, matrix(), 'URL has no metrics of a gateway in the last 14 days: check that it scrapes'],
  ])('%i %s', async (status, body, expected) => expect(await fault(status, body)).toContain(expected));

  test('a response without an end', async () => {
    const piece = Buffer.alloc(1024 * 1024, ' ');
    const endless = Readable.from(
      (function* () {
        while (true) yield piece;
      })(),
    );
    expect(await fault(200, endless)).toContain('URL sends too much data: set --prometheus-job');
  });

  test('no listener', async () => {
    const url = new URL(`http://127.0.0.1:${await freePort()}`);
    await expect(fetchHistories({ url, access: NO_ACCESS, job: undefined }, NOW)).rejects.toThrow(
      `the Prometheus at ${url.origin} cannot be reached: ECONNREFUSED`,
    );
  });
});
