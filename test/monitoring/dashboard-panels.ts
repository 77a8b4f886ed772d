import { readFileSync } from 'node:fs';

type Target = { readonly expr: string };
type DashboardPanel = {
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly targets?: readonly Target[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
};
type Dashboard = {
  readonly panels: readonly DashboardPanel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
};

export const DASHBOARD = JSON.parse(
  readFileSync(new URL('../../config/grafana/pkce-gateway.json', import.meta.url), 'utf8'),
) as Dashboard;

/** Every expression of the dashboard, with all variables set to All. */
export const PANEL_QUERIES = DASHBOARD.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({
    title,
    expr: expr
      .replaceAll('$__rate_interval', '30s')
      .replaceAll('$__range', '10m')
      .replaceAll(/\$(job|issuer|client)/g, '.*'),
  })),
);
