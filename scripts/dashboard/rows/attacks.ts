import { type Row, redFrom } from '../panel.ts';
import { CLIENTS, graph, HERE, THEFT, VIOLATIONS } from '../queries.ts';

export const ATTACKS: Row = {
  title: 'Is someone attacking?',
  panels: [
    graph({
      title: 'Codes presented without their verifier',
      description:
        'In five minutes. Treat them as stolen codes until proven otherwise; in report they were let through. The alert PkceGatewayVerifierMismatches fires at three.',
      unit: 'short',
      queries: [
        {
          expr: `sum by (issuer, client, reason, mode) (${VIOLATIONS}{${CLIENTS},${THEFT}})`,
          legend: '{{issuer}} {{client}} {{reason}} ({{mode}})',
        },
      ],
      thresholds: [redFrom(3)],
    }),
    graph({
      title: 'Codes that are unknown, expired or replayed',
      description:
        'In five minutes. A few come from users who reload a page; many mean that somebody guesses or replays codes.',
      unit: 'short',
      queries: [
        {
          expr: `sum by (issuer, client, reason) (${VIOLATIONS}{${CLIENTS},reason=~"code_.+"})`,
          legend: '{{issuer}} {{client}} {{reason}}',
        },
      ],
      thresholds: [redFrom(10)],
    }),
    graph({
      title: 'Redirects to unregistered addresses',
      description: 'In five minutes: redirect URIs that are not configured, and codes that were withheld.',
      unit: 'short',
      queries: [
        {
          expr: `sum by (issuer, client, reason) (${VIOLATIONS}{${CLIENTS},reason=~"redirect_.+|flow_unknown|response_ambiguous"})`,
          legend: '{{issuer}} {{client}} {{reason}}',
        },
      ],
    }),
    graph({
      title: 'Malformed messages',
      description:
        'In five minutes: repeated or malformed parameters, unusual paths, bodies and methods. No library sends them: somebody looks for a bypass.',
      unit: 'short',
      queries: [
        {
          expr: `sum by (issuer, client, reason) (${VIOLATIONS}{${CLIENTS},reason=~"parameter_.+|path_ambiguous|content_.+|http_method_not_allowed|body_too_large"})`,
          legend: '{{issuer}} {{client}} {{reason}}',
        },
      ],
    }),
    graph({
      title: 'Unroutable requests',
      description:
        'In five minutes, refused before their issuer and endpoint were known. Scanners always cause some.',
      unit: 'short',
      queries: [
        {
          expr: `sum by (cause) (increase(pkce_gateway_unplaced_requests_total{${HERE}}[5m]))`,
          legend: '{{cause}}',
        },
      ],
    }),
    graph({
      title: 'Connections dropped',
      description: 'In five minutes, by gateway, because listen.limits.connections was reached.',
      unit: 'short',
      queries: [
        {
          expr: `increase(pkce_gateway_connections_dropped_total{${HERE}}[5m])`,
          legend: '{{instance}}',
        },
      ],
      thresholds: [redFrom(1)],
    }),
  ],
};
