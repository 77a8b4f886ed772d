import type { Row } from '../panel.ts';
import { CLIENTS, countOf, graph, table, VIOLATIONS } from '../queries.ts';

export const REFUSALS: Row = {
  title: 'Who is being refused, and why?',
  panels: [
    table({
      title: 'Refusals',
      description:
        'In the time shown, by client, endpoint and reason. docs/metrics.md and the log line `refusal` say more.',
      value: 'refused',
      queries: [
        { expr: `sum by (issuer, client, endpoint, reason) (${countOf('rejections_total', CLIENTS)}) > 0` },
      ],
    }),
    graph({
      title: 'Refusals by reason',
      description: 'In five minutes. One reason that stands out is mostly one mistake, made by one client.',
      unit: 'short',
      stacked: true,
      queries: [{ expr: `sum by (reason) (${VIOLATIONS}{mode="enforce",${CLIENTS}})`, legend: '{{reason}}' }],
    }),
    graph({
      title: 'Refusals by client',
      description:
        'In five minutes, the ten most. One client that jumps up: its release, its policy, or somebody trying.',
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
