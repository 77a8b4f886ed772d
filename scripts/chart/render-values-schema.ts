import { buildJsonSchema } from '../config-docs/json-schema.ts';
import { type ChartValue, readChartValues } from './chart-values.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/** charts/pkce-gateway/values.schema.json: the chart's own values, and the gateway's schema for `config`. */
export async function renderValuesSchema(): Promise<string> {
  const { $schema: _, $id: _id, $defs, ...gateway } = buildJsonSchema();
  const properties = gateway.properties ?? {};
  const values = await readChartValues();
  const schema = {
    // Every Helm 3 supports this draft.
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the Helm chart pkce-gateway',
    type: 'object',
    properties: {
      ...Object.fromEntries(values.map((value) => [value.key, schemaOf(value)])),
      config: {
        ...gateway,
        title: undefined,
        // `helm lint` must accept the chart's own default, which is an empty list; the templates refuse it.
        properties: { ...properties, issuers: { ...properties['issuers'], minItems: 0 } },
        required: ['listen', 'admin', 'shutdown', 'issuers'],
      },
      // Helm adds it if this chart is part of another one.
      global: { type: 'object' },
    },
    additionalProperties: false,
    definitions: $defs,
  };
  return `${JSON.stringify(schema, null, 1).replaceAll('#/$defs/', '#/definitions/')}\n`;
}

function schemaOf({ description, default: value, schema, children }: ChartValue): JsonSchema {
  const described = description === '' ? {} : { description };
  if (children.length === 0) return { ...described, ...typeOf(value), ...schema };
  const properties = Object.fromEntries(children.map((child) => [child.key, schemaOf(child)]));
  return { ...described, type: 'object', properties, additionalProperties: false };
}

function typeOf(value: unknown): JsonSchema {
  if (Array.isArray(value)) return { type: 'array' };
  if (typeof value === 'number') return { type: 'integer' };
  return { type: typeof value };
}
