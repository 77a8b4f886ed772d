import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { renderChartReadme } from './chart/render-chart-readme.ts';
import { renderValuesSchema } from './chart/render-values-schema.ts';
import { buildJsonSchema } from './config-docs/json-schema.ts';
import { renderReference } from './config-docs/reference.ts';
import { renderDashboard } from './dashboard/render-dashboard.ts';
import { renderFaultTables } from './fault-table.ts';
import { renderMetricsReference } from './metrics-reference.ts';
import { renderReasonTable } from './reason-table.ts';
import { renderTravelMatrix } from './travel-matrix.ts';

type Generated = {
  readonly path: string;
  /** `current`: the present content of the file. */
  readonly render: (current: string) => string | Promise<string>;
};

const GENERATED: readonly Generated[] = [
  { path: 'config/grafana/pkce-gateway.json', render: renderDashboard },
  // A chart can only contain files of its own folder.
  { path: 'charts/pkce-gateway/files/dashboard.json', render: renderDashboard },
  {
    path: 'charts/pkce-gateway/files/recording.rules.yaml',
    render: () => copyOf('config/prometheus/recording.rules.yaml'),
  },
  {
    path: 'charts/pkce-gateway/files/alerting.rules.yaml',
    render: () => copyOf('config/prometheus/alerting.rules.yaml'),
  },
  { path: 'charts/pkce-gateway/values.schema.json', render: renderValuesSchema },
  { path: 'charts/pkce-gateway/README.md', render: renderChartReadme },
  { path: 'config/gateway.schema.json', render: () => renderJson(buildJsonSchema()) },
  { path: 'docs/configuration.md', render: renderReference },
  { path: 'docs/metrics.md', render: renderMetricsReference },
  {
    path: 'docs/readiness.md',
    render: (current) => replacePart(current, 'reason table', renderReasonTable()),
  },
  { path: 'docs/travel-matrix.md', render: renderTravelMatrix },
  {
    path: 'docs/operations/faults.md',
    render: (current) => replacePart(current, 'fault table', renderFaultTables()),
  },
];

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const root = new URL('../', import.meta.url);

for (const { path, render } of GENERATED) {
  const file = new URL(path, root);
  const current = await readFile(file, 'utf8').catch(() => '');
  const text = await render(current);
  if (!values.check) {
    await writeFile(file, text);
    continue;
  }
  if (current !== text) {
    console.error(`${path} has drifted from its source: run node scripts/generate-docs.ts`);
    process.exitCode = 1;
  }
}

/** Replaces the generated part of a page that is otherwise written by hand. */
function replacePart(page: string, name: string, text: string): string {
  const part = new RegExp(`(<!-- ${name}: [^\\n]*-->\\n\\n).*?(<!-- end of the ${name} -->)`, 's');
  if (!part.test(page)) throw new Error(`the page has no markers for the ${name}`);
  return page.replace(part, (_, begin: string, end: string) => `${begin}${text}\n${end}`);
}

function copyOf(path: string): Promise<string> {
  return readFile(new URL(path, root), 'utf8');
}

/** Puts short lists on one line, as the formatter does. */
function renderJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2).replace(
    /^(.*)\[\n\s+([^[\]{}]*?)\n\s+\]/gm,
    (expanded, before: string, items: string) => {
      const line = `${before}[${items.replace(/\n\s+/g, ' ')}]`;
      return line.length < 110 ? line : expanded;
    },
  );
  return `${text}\n`;
}
