import { greenFrom, type Row, redFrom, yellowFrom } from '../panel.ts';
import { CLIENTS, graph, HERE, LOGIN, quantile, rate, stat } from '../queries.ts';

export const LOGIN_HEALTH: Row = {
  title: 'Is login healthy?',
  panels: [
    stat({
      title: 'Alerts',
      description: 'Firing alerts of the gateway. docs/operations/monitoring.md has an entry for each.',
      unit: 'short',
      queries: [{ expr: 'count(ALERTS{alertname=~"PkceGateway.+",alertstate="firing"}) or vector(0)' }],
      thresholds: [redFrom(1)],
    }),
    stat({
      title: 'Ready gateways',
      description: 'The share of all gateways that answer Prometheus and reach their store.',
      unit: 'percentunit',
      max: 1,
      queries: [
        {
          expr: `sum(pkce_gateway_store_up{${HERE}}) / count(present_over_time(pkce_gateway_build_info{${HERE}}[5m]))`,
        },
      ],
      thresholds: [yellowFrom(0.5), greenFrom(1)],
    }),
    stat({
      title: 'Logins',
      description: 'Codes redeemed per second: completed logins.',
      unit: 'reqps',
      decimals: 2,
      queries: [
        {
          expr: `sum(${rate('redemptions_total', `${CLIENTS},result=~"verified|unverified"`)}) or vector(0)`,
        },
      ],
    }),
    stat({
      title: 'Verified',
      description: 'The share of redeemed codes whose verifier the gateway checked. The goal is 100 %.',
      unit: 'percentunit',
      max: 1,
      queries: [
        {
          expr: `sum(${rate('redemptions_total', `${CLIENTS},result="verified"`)}) / (sum(${rate('redemptions_total', `${CLIENTS},result=~"verified|unverified"`)}) > 0)`,
        },
      ],
      thresholds: [yellowFrom(0.5), greenFrom(0.99)],
    }),
    stat({
      title: 'Server errors',
      description:
        'The share of authorization and token requests that end with 5xx, from the gateway or the authorization server.',
      unit: 'percentunit',
      decimals: 1,
      queries: [{ expr: `max(job:pkce_gateway_login_errors:ratio_rate5m{${HERE}})` }],
      thresholds: [yellowFrom(0.01), redFrom(0.05)],
    }),
    stat({
      title: 'Refusals',
      description: 'Requests refused in the last five minutes, of the clients selected above.',
      unit: 'short',
      decimals: 0,
      queries: [{ expr: `sum(issuer_client:pkce_gateway_rejections:increase5m{${CLIENTS}}) or vector(0)` }],
      thresholds: [yellowFrom(20)],
    }),
    graph({
      title: 'Logins, step by step',
      description:
        'Each login has all three steps. A gap after the first: users give up, or the server refuses them. A gap after the second: redemptions fail, or bypass the gateway.',
      unit: 'reqps',
      queries: [
        { expr: `sum(${rate('authorization_requests_total', CLIENTS)})`, legend: 'begun' },
        { expr: `sum(${rate('codes_bound_total', CLIENTS)})`, legend: 'code issued' },
        {
          expr: `sum(${rate('redemptions_total', `${CLIENTS},result=~"verified|unverified"`)})`,
          legend: 'code redeemed',
        },
      ],
    }),
    graph({
      title: 'Responses of the login endpoints',
      description: '4xx are refusals by the gateway or the authorization server; 5xx are faults.',
      unit: 'reqps',
      stacked: true,
      queries: [
        {
          expr: `sum by (endpoint, status_class) (${rate('request_duration_seconds_count', `${HERE},${LOGIN}`)})`,
          legend: '{{endpoint}} {{status_class}}',
        },
      ],
    }),
    graph({
      title: 'Response time of the authorization server',
      description: 'From sending the request to the head of the response, 95th percentile.',
      unit: 's',
      queries: [
        {
          expr: quantile(0.95, 'upstream_duration_seconds', `${HERE},${LOGIN}`, 'endpoint'),
          legend: '{{endpoint}}',
        },
      ],
    }),
    graph({
      title: 'Unanswered requests',
      description:
        'Requests without a response in five minutes, by issuer and kind: unreachable, timeout, reset, protocol, busy.',
      unit: 'short',
      queries: [
        {
          expr: `sum by (issuer, kind) (increase(pkce_gateway_upstream_errors_total{${HERE},issuer=~"$issuer"}[5m]))`,
          legend: '{{issuer}} {{kind}}',
        },
      ],
    }),
  ],
};
