import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { dailyCount } from '../../src/report/daily-count.ts';
import { requireTool, runTool } from '../support/test-tool.ts';

const DAY = 86_400;

/** The values of one gateway's counter every ten minutes, in promtool's notation. */
type Replica = { readonly scraped: string; readonly counter: string; readonly startedAt?: number };

/** Lets promtool's PromQL engine count the day that ends after this many hours; `hours`: the requested part of it. */
async function expectCount(replicas: readonly Replica[], counts: ReadonlyMap<number, number>, hours = 24) {
  const input = replicas.flatMap(({ scraped, counter, startedAt = 0 }, i) => {
    const target = `job="gateway",instance="${i}"`;
    return [
      { series: `pkce_gateway_build_info{${target}}`, values: scraped },
      { series: `process_start_time_seconds{${target}}`, values: scraped.replace(/\b1x/, `${startedAt}x`) },
      { series: `pkce_gateway_codes_bound_total{${target},client="spa",issuer="corp"}`, values: counter },
      // A series of another job, which is not requested.
      { series: `pkce_gateway_codes_bound_total{job="other",client="spa",issuer="corp"}`, values: '0+7x800' },
    ];
  });
  const seconds = hours * 3_600;
  const expr = dailyCount('codes_bound_total', ['issuer', 'client'], {
    selector: '{job="gateway"}',
    seconds,
  });
  const checks = [...counts].map(([end, count]) => ({
    expr: `round(${expr})`,
    eval_time: `${end}h`,
    exp_samples: [{ labels: '{client="spa",issuer="corp"}', value: count }],
  }));
  await using directory = await mkdtempDisposable(join(tmpdir(), 'pkce-gateway-promtool-'));
  const file = join(directory.path, 'counts.yaml');
  const tests = [{ interval: '10m', input_series: input, promql_expr_test: checks }];
  await writeFile(file, stringify({ rule_files: [], evaluation_interval: '1m', tests }));
  const { exitCode, stdout, stderr } = await runTool(requireTool('promtool'), ['test', 'rules', file]);
  expect(exitCode, stdout + stderr).toBe(0);
}

/** Ten minutes each: a day has 144 of them. */
const ALWAYS = '1x600';
const counts = (...days: readonly (readonly [hours: number, count: number])[]) => new Map(days);

describe('a counter by day', () => {
  test('the counts of all gateways, and of no other job', () =>
    expectCount(
      [
        { scraped: ALWAYS, counter: '0+1x431' },
        { scraped: ALWAYS, counter: '0+2x431' },
      ],
      counts([24, 432], [48, 432], [72, 429]),
    ));

  test('a single event that begins a series, without an increase for Prometheus', () =>
    expectCount([{ scraped: ALWAYS, counter: '_x200 1x300' }], counts([48, 1], [72, 0])));

  test('a part of a day', () =>
    expectCount([{ scraped: ALWAYS, counter: '0x143 3x20 5x300' }], counts([26, 3], [28, 2], [40, 0]), 4));

  test('few events of a new gateway are not extrapolated', () =>
    expectCount(
      [{ scraped: '_x288 1x5', counter: '_x289 2 8 8 8', startedAt: 2 * DAY }],
      counts([49, 8]),
      1,
    ));

  test('a restart in the middle of a day, and one on the next', () =>
    expectCount(
      [{ scraped: ALWAYS, counter: '0x10 100x70 1 5x61 50x40 stale _x20 4x200' }],
      counts([24, 105], [48, 49]),
    ));

  test('a restart after which the counter returns on the next day', () =>
    expectCount(
      [{ scraped: ALWAYS, counter: '0x10 3x100 stale _x60 1x20 4x300' }],
      counts([24, 3], [48, 4], [72, 0]),
    ));

  test('a gateway that counted before its first scrape', () =>
    expectCount(
      [{ scraped: '_x300 1x300', counter: '_x300 1000x20 1003x300', startedAt: DAY }],
      counts([72, 3]),
    ));
});
