import fc from 'fast-check';
import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { CellMetrics } from '../../../src/telemetry/cell-metrics.ts';

const BUCKETS = [0.001, 0.0025, 0.1, 1];

/** One of each kind, as the gateway counts them. */
function openCells() {
  const registry = new Registry();
  const cells = new CellMetrics(registry);
  const plain = cells.counter({ name: 'plain_total', help: 'No label.', labelNames: [] });
  const codes = cells.counter({ name: 'codes_total', help: 'Two\nlines.', labelNames: ['issuer', 'client'] });
  const inFlight = cells.gauge({ name: 'in_flight', help: 'Up and down.', labelNames: [] });
  const durations = cells.histogram({
    name: 'duration_seconds',
    help: 'How long.',
    labelNames: ['endpoint', 'class'],
    buckets: BUCKETS,
  });
  return {
    registry,
    count: () => {
      plain.value += 1;
    },
    add: (by: number) => {
      inFlight.value += by;
    },
    code: (issuer: string, client: string) => {
      codes.at(issuer).at(client).value += 1;
    },
    observe: (endpoint: string, kind: string, ms: number) => durations.at(endpoint).at(kind).observe(ms),
  };
}

/** The same metrics, counted by prom-client itself. */
function openReference() {
  const registry = new Registry();
  const registers = [registry];
  const plain = new Counter({ name: 'plain_total', help: 'No label.', registers });
  const labelNames = ['issuer', 'client'];
  const codes = new Counter({ name: 'codes_total', help: 'Two\nlines.', labelNames, registers });
  const inFlight = new Gauge({ name: 'in_flight', help: 'Up and down.', registers });
  const durations = new Histogram({
    name: 'duration_seconds',
    help: 'How long.',
    labelNames: ['endpoint', 'class'],
    buckets: [...BUCKETS],
    registers,
  });
  return {
    registry,
    count: () => plain.inc(),
    add: (by: number) => inFlight.inc(by),
    code: (issuer: string, client: string) => codes.inc({ issuer, client }),
    observe: (endpoint: string, kind: string, ms: number) =>
      durations.observe({ endpoint, class: kind }, ms / 1000),
  };
}

type Process = ReturnType<typeof openReference>;

const label = fc.constantFrom('corp', 'a"b', 'x\\y', 'n\nl', '', '__proto__', '1', '0', 'ü');
const milliseconds = fc.oneof(
  fc.constantFrom(0, 1, 2.5, 100, 1000, 1000.1, 1e300),
  fc.double({ noNaN: true }),
);
const event: fc.Arbitrary<(process: Process) => void> = fc.oneof(
  fc.constant<(process: Process) => void>((process) => process.count()),
  fc.constantFrom(1, -1).map((by) => (process: Process) => process.add(by)),
  fc.tuple(label, label).map((labels) => (process: Process) => process.code(...labels)),
  fc
    .tuple(label, label, milliseconds.filter(Number.isFinite))
    .map((observed) => (process: Process) => process.observe(...observed)),
);

test('operators see what prom-client itself would have counted, of one process and of several', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(event, { maxLength: 40 }), { minLength: 1, maxLength: 3 }),
      async (all) => {
        const told = all.map((events) => {
          const processes = { cells: openCells(), reference: openReference() };
          for (const happens of events) {
            happens(processes.cells);
            happens(processes.reference);
          }
          return processes;
        });
        for (const { cells, reference } of told)
          expect(await cells.registry.metrics()).toBe(await reference.registry.metrics());
        const merge = async (kind: 'cells' | 'reference') => {
          // As they come from another process.
          const snapshots = told.map(async (processes) =>
            JSON.parse(JSON.stringify(await processes[kind].registry.getMetricsAsJSON())),
          );
          return AggregatorRegistry.aggregate(await Promise.all(snapshots)).metrics();
        };
        expect(await merge('cells')).toBe(await merge('reference'));
      },
    ),
    { numRuns: 200 },
  );
});

test('what is no duration is not taken in', async () => {
  const { registry, observe } = openCells();
  observe('token', '2xx', 1);
  expect(() => observe('token', '2xx', Number.NaN)).toThrow(TypeError);
  expect(() => observe('token', '2xx', Number.POSITIVE_INFINITY)).toThrow(TypeError);
  expect(await registry.getSingleMetricAsString('duration_seconds')).toContain(
    'duration_seconds_sum{endpoint="token",class="2xx"} 0.001\n',
  );
});

test('names are checked', () => {
  const cells = new CellMetrics(new Registry());
  expect(() => cells.counter({ name: 'a b', help: '-', labelNames: [] })).toThrow('Invalid metric name');
  expect(() => cells.counter({ name: 'a', help: '-', labelNames: ['b-c'] })).toThrow('Invalid label name');
  expect(() => cells.histogram({ name: 'a', help: '-', labelNames: ['le'], buckets: [1] })).toThrow('le');
  cells.gauge({ name: 'a', help: '-', labelNames: [] });
  expect(() => cells.gauge({ name: 'a', help: '-', labelNames: [] })).toThrow('already been registered');
});
