/** The parts of Grafana's panel model that the dashboard uses. */

export type Query = {
  readonly expr: string;
  readonly legend?: string;
};

type Threshold = { readonly color: 'green' | 'yellow' | 'red'; readonly from: number };

export type Panel = {
  readonly title: string;
  /** What the panel shows, and what to conclude. */
  readonly description: string;
  readonly kind: 'stat' | 'timeseries' | 'table';
  /** Grafana's name of the unit: `reqps`, `percentunit`, `s`, `short`. */
  readonly unit: string;
  /** In columns, of 24. */
  readonly width: number;
  readonly queries: readonly Query[];
  /** The colour from each value on; green below. */
  readonly thresholds?: readonly Threshold[];
  readonly max?: number;
  readonly decimals?: number;
  /** Stacks the areas: they are parts of a whole. */
  readonly stacked?: boolean;
  /** The name of a table's number. */
  readonly value?: string;
};

export type Row = { readonly title: string; readonly panels: readonly Panel[] };

export const yellowFrom = (from: number): Threshold => ({ color: 'yellow', from });
export const redFrom = (from: number): Threshold => ({ color: 'red', from });
export const greenFrom = (from: number): Threshold => ({ color: 'green', from });

const HEIGHT = { stat: 4, timeseries: 8, table: 8 };
const DATASOURCE = { type: 'prometheus', uid: '$datasource' };

/** Places the panels of all rows from left to right and from top to bottom. */
export function layOut(rows: readonly Row[]): readonly unknown[] {
  const placed: unknown[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    placed.push({
      id: placed.length + 1,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { h: 1, w: 24, x: 0, y },
      panels: [],
    });
    y += 1;
    let x = 0;
    let height = 0;
    for (const panel of panels) {
      if (x + panel.width > 24) {
        y += height;
        x = 0;
        height = 0;
      }
      const h = HEIGHT[panel.kind];
      placed.push(buildPanel(panel, placed.length + 1, { h, w: panel.width, x, y }));
      x += panel.width;
      height = Math.max(height, h);
    }
    y += height;
  }
  return placed;
}

function buildPanel(panel: Panel, id: number, gridPos: unknown): unknown {
  const { title, description, kind, queries } = panel;
  return {
    id,
    type: kind,
    title,
    description,
    datasource: DATASOURCE,
    gridPos,
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource: DATASOURCE,
      expr,
      legendFormat: legend ?? '__auto',
      ...(kind === 'timeseries'
        ? { range: true }
        : { instant: true, format: kind === 'table' ? 'table' : 'time_series' }),
    })),
    fieldConfig: { defaults: fieldDefaults(panel), overrides: [] },
    ...LOOK[kind](panel),
  };
}

function fieldDefaults({ unit, thresholds, max, decimals, kind, stacked }: Panel): unknown {
  const steps = (thresholds ?? []).map(({ color, from }) => ({ color, value: from }));
  // The lowest step has no value. If the first threshold is green, everything below it is red.
  const base = thresholds?.[0]?.color === 'green' ? 'red' : 'green';
  return {
    unit,
    min: 0,
    ...(max === undefined ? {} : { max }),
    ...(decimals === undefined ? {} : { decimals }),
    ...(kind === 'timeseries' ? { custom: lines(stacked ?? false, thresholds !== undefined) } : {}),
    color: { mode: kind === 'timeseries' ? 'palette-classic' : 'thresholds' },
    thresholds: { mode: 'absolute', steps: [{ color: base, value: null }, ...steps] },
  };
}

function lines(stacked: boolean, hasThresholds: boolean): unknown {
  return {
    lineWidth: 1,
    fillOpacity: stacked ? 40 : 5,
    showPoints: 'never',
    stacking: { mode: stacked ? 'normal' : 'none' },
    thresholdsStyle: { mode: hasThresholds ? 'dashed' : 'off' },
  };
}

const LOOK: Readonly<Record<Panel['kind'], (panel: Panel) => object>> = {
  stat: () => ({
    options: { colorMode: 'background', graphMode: 'none', reduceOptions: { calcs: ['lastNotNull'] } },
  }),
  timeseries: () => ({
    options: {
      legend: { displayMode: 'table', placement: 'bottom', calcs: ['lastNotNull', 'max'] },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  }),
  table: ({ value = 'Value' }) => ({
    options: { showHeader: true, sortBy: [{ displayName: value, desc: true }] },
    transformations: [
      { id: 'organize', options: { excludeByName: { Time: true }, renameByName: { Value: value } } },
    ],
  }),
};
