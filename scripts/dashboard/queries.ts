import type { Panel } from './panel.ts';

export const HERE = 'job=~"$job"';
export const CLIENTS = `${HERE},issuer=~"$issuer",client=~"$client"`;
export const LOGIN = 'endpoint=~"authorization|pushed_authorization|token"';
export const VIOLATIONS = 'issuer_client_reason:pkce_gateway_violations:increase5m';
/** Reasons that a working client never causes, but a thief does. */
export const THEFT = 'reason=~"verifier_.+|attempts_exceeded|client_mismatch"';

export const rate = (metric: string, labels: string) =>
  `rate(pkce_gateway_${metric}{${labels}}[$__rate_interval])`;
export const quantile = (share: number, metric: string, labels: string, by: string) =>
  `histogram_quantile(${share}, sum by (le, ${by}) (${rate(`${metric}_bucket`, labels)}))`;

/** The increase in the dashboard's time range. `increase` misses the first step of a counter that began within it, so that one counts from 0. */
export function countOf(metric: string, labels: string): string {
  const series = `pkce_gateway_${metric}{${labels}}`;
  return `((${series} unless ${series} offset $__range) or increase(${series}[$__range]))`;
}

export const stat = (panel: Omit<Panel, 'kind' | 'width'>): Panel => ({ kind: 'stat', width: 4, ...panel });
export const graph = (panel: Omit<Panel, 'kind' | 'width'> & { width?: number }): Panel => ({
  kind: 'timeseries',
  width: 12,
  ...panel,
});
export const table = (
  panel: Omit<Panel, 'kind' | 'width' | 'unit'> & { width?: number; unit?: string },
): Panel => ({
  kind: 'table',
  width: 12,
  unit: 'short',
  ...panel,
});
