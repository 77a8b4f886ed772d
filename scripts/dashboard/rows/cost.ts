import { type Row, redFrom } from '../panel.ts';
import { graph, HERE, quantile, table } from '../queries.ts';

export const COST: Row = {
  title: 'What does the gateway cost?',
  panels: [
    graph({
      title: 'Added latency',
      description:
        'From the request head to the response head, without the time of the authorization server.',
      unit: 's',
      queries: [
        { expr: quantile(0.5, 'overhead_seconds', HERE, 'endpoint'), legend: '{{endpoint}} median' },
        { expr: quantile(0.99, 'overhead_seconds', HERE, 'endpoint'), legend: '{{endpoint}} 99 %' },
      ],
      thresholds: [redFrom(0.05)],
    }),
    graph({
      title: 'Time in the store',
      description: '99th percentile by operation. A login takes four.',
      unit: 's',
      queries: [
        { expr: quantile(0.99, 'store_duration_seconds', HERE, 'operation'), legend: '{{operation}}' },
      ],
    }),
    graph({
      title: 'Store errors',
      description: 'The share of store operations that fail.',
      unit: 'percentunit',
      queries: [{ expr: `job:pkce_gateway_store_errors:ratio_rate5m{${HERE}}`, legend: '{{job}}' }],
      thresholds: [redFrom(0.01)],
    }),
    graph({
      title: 'Requests in flight',
      description: 'By gateway. A line that only rises means that requests hang.',
      unit: 'short',
      queries: [{ expr: `pkce_gateway_requests_in_flight{${HERE}}`, legend: '{{instance}}' }],
    }),
    graph({
      title: 'CPU',
      description: 'Cores in use, by gateway.',
      unit: 'short',
      width: 8,
      queries: [
        {
          expr: `rate(process_cpu_seconds_total[$__rate_interval]) and on (job, instance) pkce_gateway_build_info{${HERE}}`,
          legend: '{{instance}}',
        },
      ],
    }),
    graph({
      title: 'Memory',
      description: 'Resident memory, by gateway.',
      unit: 'bytes',
      width: 8,
      queries: [
        {
          expr: `process_resident_memory_bytes and on (job, instance) pkce_gateway_build_info{${HERE}}`,
          legend: '{{instance}}',
        },
      ],
    }),
    graph({
      title: 'Event loop lag',
      description: '99th percentile: how long a request waits for other work of the process.',
      unit: 's',
      width: 8,
      queries: [
        {
          expr: `nodejs_eventloop_lag_p99_seconds and on (job, instance) pkce_gateway_build_info{${HERE}}`,
          legend: '{{instance}}',
        },
      ],
      thresholds: [redFrom(0.1)],
    }),
    graph({
      title: 'File descriptors',
      description:
        'Open file descriptors as a share of the limit. At 100 %, new connections are closed at once.',
      unit: 'percentunit',
      queries: [{ expr: `pkce_gateway_file_descriptors_used_ratio{${HERE}}`, legend: '{{instance}}' }],
      thresholds: [redFrom(0.8)],
    }),
    table({
      title: 'Versions and configurations',
      description: 'By gateway. Replicas of one installation should be equal.',
      value: 'processes',
      queries: [{ expr: `count by (job, instance, version, node) (pkce_gateway_build_info{${HERE}})` }],
    }),
    graph({
      title: 'Configuration in force since',
      description:
        'Its age, by gateway. If the ages of replicas differ for long, they run different configurations.',
      unit: 's',
      queries: [
        {
          expr: `time() - pkce_gateway_config_last_reload_success_timestamp_seconds{${HERE}}`,
          legend: '{{instance}}',
        },
      ],
    }),
    graph({
      title: 'Ready processes',
      description:
        'By gateway, with the number that were replaced in five minutes because they ended unexpectedly.',
      unit: 'short',
      width: 24,
      queries: [
        { expr: `pkce_gateway_workers_ready{${HERE}}`, legend: '{{instance}}' },
        {
          expr: `increase(pkce_gateway_worker_restarts_total{${HERE}}[5m])`,
          legend: '{{instance}} replaced',
        },
      ],
    }),
  ],
};
