import { type Row, redFrom, yellowFrom } from '../panel.ts';
import { CLIENTS, countOf, graph, rate, table } from '../queries.ts';

export const READINESS: Row = {
  title: 'Who is not ready?',
  panels: [
    table({
      title: 'What would be refused',
      description:
        'Violations in report mode in the time shown. A client without any is ready for `mode: enforce`.',
      value: 'would be refused',
      queries: [
        {
          expr: `sum by (issuer, client, endpoint, reason) (${countOf('report_only_violations_total', CLIENTS)}) > 0`,
        },
      ],
    }),
    table({
      title: 'Logins without S256',
      description:
        'Of the logins that a client began in the time shown, the share that had no S256 challenge.',
      unit: 'percentunit',
      value: 'without S256',
      queries: [
        {
          expr: `1 - (sum by (issuer, client) (${countOf('authorization_requests_total', `${CLIENTS},challenge_method="S256"`)}) or 0 * sum by (issuer, client) (${countOf('authorization_requests_total', CLIENTS)})) / sum by (issuer, client) (${countOf('authorization_requests_total', CLIENTS)})`,
        },
      ],
      thresholds: [yellowFrom(0.01), redFrom(0.2)],
    }),
    graph({
      title: 'Codes not redeemed here',
      description:
        'The share of codes within an hour that did not come back to the gateway. A high share: the client redeems at the authorization server itself, where nobody verifies.',
      unit: 'percentunit',
      max: 1,
      queries: [
        {
          expr: `issuer_client:pkce_gateway_codes_not_redeemed:ratio1h{${CLIENTS}}`,
          legend: '{{issuer}} {{client}}',
        },
      ],
      thresholds: [redFrom(0.2)],
    }),
    graph({
      title: 'Challenges',
      description: 'Logins begun, by the method of their challenge.',
      unit: 'reqps',
      stacked: true,
      queries: [
        {
          expr: `sum by (challenge_method) (${rate('authorization_requests_total', CLIENTS)})`,
          legend: '{{challenge_method}}',
        },
      ],
    }),
  ],
};
