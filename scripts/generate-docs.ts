import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { buildJsonSchema } from '../src/config/json-schema.ts';
import { renderReference } from '../src/config/reference.ts';
import { renderMetricsReference } from '../src/telemetry/metrics-reference.ts';
import { renderDashboard } from './dashboard/render-dashboard.ts';
import { renderTravelMatrix } from './travel-matrix.ts';

type Generated = { readonly path: string; readonly render: () => string | Promise<string> };

const GENERATED: readonly Generated[] = [
  { path: 'config/grafana/pkce-gateway.json', render: renderDashboard },
  { path: 'config/gateway.schema.json', render: () => renderJson(buildJsonSchema()) },
  { path: 'docs/configuration.md', render: renderReference },
  { path: 'docs/metrics.md', render: renderMetricsReference },
  { path: 'docs/travel-matrix.md', render: renderTravelMatrix },
];

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const root = new URL('../', import.meta.url);

for (const { path, render } of GENERATED) {
  const file = new URL(path, root);
  const text = await render();
  if (!values.check) {
    await writeFile(file, text);
    continue;
  }
  const current = await readFile(file, 'utf8').catch(() => undefined);
  if (current !== text) {
    console.error(`${path} has drifted from its source: run node scripts/generate-docs.ts`);
    process.exitCode = 1;
  }
}

/** Short lists on one line, as the formatter has them. */
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
