import { type Row, redFrom, yellowFrom } from '../panel.ts';
import { CLIENTS, countOf, graph, rate, table } from '../queries.ts';

export const READINESS: Row = {
  title: 'Which clients are not ready?',
  panels: [
    table({
      title: 'What would be refused',
      description:
        'Violations in report mode in the selected time range. The status page has the verdict for each client.',
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
        'The share of authorization requests without an S256 challenge, by client, in the selected time range.',
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
      title: 'Codes not redeemed through the gateway',
      description:
        'The share of codes within an hour that were not redeemed through the gateway. If it is high, the client redeems them at the authorization server itself, without PKCE.',
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
      description: 'Authorization requests by code_challenge_method.',
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
