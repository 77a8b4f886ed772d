import { layOut } from './panel.ts';
import { ATTACKS } from './rows/attacks.ts';
import { COST } from './rows/cost.ts';
import { LOGIN_HEALTH } from './rows/login-health.ts';
import { READINESS } from './rows/readiness.ts';
import { REFUSALS } from './rows/refusals.ts';

const CLIENT_METRICS =
  '{__name__=~"pkce_gateway_(authorization_requests|rejections|report_only_violations)_total",job=~"$job"}';

/** config/grafana/pkce-gateway.json, for Grafana 10 and newer. */
export function renderDashboard(): string {
  const dashboard = {
    uid: 'pkce-gateway',
    title: 'pkce-gateway',
    description: 'From top to bottom: health of logins, refusals, readiness, attacks, cost.',
    tags: ['pkce-gateway', 'oauth', 'security'],
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
        labelVariable('job', 'Installation', 'label_values(pkce_gateway_build_info, job)'),
        labelVariable('issuer', 'Issuer', `label_values(${CLIENT_METRICS}, issuer)`),
        labelVariable(
          'client',
          'Client',
          `label_values(${CLIENT_METRICS.replace('}', ',issuer=~"$issuer"}')}, client)`,
        ),
      ],
    },
    panels: layOut([LOGIN_HEALTH, REFUSALS, READINESS, ATTACKS, COST]),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

function labelVariable(name: string, label: string, query: string): unknown {
  return {
    name,
    label,
    type: 'query',
    datasource: { type: 'prometheus', uid: '$datasource' },
    query: { query, refId: name },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: ['All'], value: ['$__all'] },
  };
}
