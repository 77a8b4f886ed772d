import { type Row, redFrom } from '../panel.ts';
import { CLIENTS, graph, HERE, THEFT, VIOLATIONS } from '../queries.ts';

export const ATTACKS: Row = {
  title: 'Is someone attacking?',
  panels: [
    graph({
      title: 'Codes presented without their verifier',
      description:
        'In five minutes. Take it for stolen codes until you know better; in report they were let through. From three on the alert PkceGatewayVerifierMismatches fires.',
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
      title: 'Codes that are unknown, late or used before',
      description:
        'In five minutes. A few are users who reload a page; many are somebody who guesses or replays.',
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
      title: 'Redirects to where they must not go',
      description:
        'In five minutes: redirect URIs that are not configured, and codes that were withheld on their way.',
      unit: 'short',
      queries: [
        {
          expr: `sum by (issuer, client, reason) (${VIOLATIONS}{${CLIENTS},reason=~"redirect_.+|flow_unknown|response_ambiguous"})`,
          legend: '{{issuer}} {{client}} {{reason}}',
        },
      ],
    }),
    graph({
      title: 'Messages that no library makes',
      description:
        'In five minutes: doubled or malformed parameters, odd paths, bodies and methods. Somebody feels for a way around.',
      unit: 'short',
      queries: [
        {
          expr: `sum by (issuer, client, reason) (${VIOLATIONS}{${CLIENTS},reason=~"parameter_.+|path_ambiguous|content_.+|http_method_not_allowed|body_too_large"})`,
          legend: '{{issuer}} {{client}} {{reason}}',
        },
      ],
    }),
    graph({
      title: 'Requests that belong nowhere',
      description:
        'In five minutes, refused before it was known which issuer and endpoint they are for. Scanners make some at any time.',
      unit: 'short',
      queries: [
        {
          expr: `sum by (cause) (increase(pkce_gateway_unplaced_requests_total{${HERE}}[5m]))`,
          legend: '{{cause}}',
        },
      ],
    }),
    graph({
      title: 'Connections turned away',
      description:
        'In five minutes, by gateway, since as many as listen.limits.connections allows were open.',
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
