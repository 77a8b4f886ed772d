import type { Row } from '../panel.ts';
import { CLIENTS, countOf, graph, table, VIOLATIONS } from '../queries.ts';

export const REFUSALS: Row = {
  title: 'Which clients are refused, and why?',
  panels: [
    table({
      title: 'Refusals',
      description:
        'In the selected time range, by client, endpoint and reason. The log line `refusal` has details.',
      value: 'refused',
      queries: [
        { expr: `sum by (issuer, client, endpoint, reason) (${countOf('rejections_total', CLIENTS)}) > 0` },
      ],
    }),
    graph({
      title: 'Refusals by reason',
      description: 'In five minutes. A single prominent reason is usually one mistake of one client.',
      unit: 'short',
      stacked: true,
      queries: [{ expr: `sum by (reason) (${VIOLATIONS}{mode="enforce",${CLIENTS}})`, legend: '{{reason}}' }],
    }),
    graph({
      title: 'Refusals by client',
      description:
        'In five minutes, the top ten. A sudden increase for one client: a release, a policy change, or an attacker.',
      unit: 'short',
      width: 24,
      queries: [
        {
          expr: `topk(10, issuer_client:pkce_gateway_rejections:increase5m{${CLIENTS}})`,
          legend: '{{issuer}} {{client}}',
        },
      ],
    }),
  ],
};
