import { z } from 'zod';
import { gatewaySchema } from '../../src/config/schema/gateway.ts';

/** The parts of JSON Schema (draft 2020-12) that the configuration uses, with our annotations. */
export type SchemaNode = {
  readonly [keyword: string]: unknown;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly SchemaNode[];
  readonly items?: SchemaNode;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | false;
  readonly required?: readonly string[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
};

const EXTERNAL = { $ref: '#/$defs/external_value' } as const;

const EXTERNAL_VALUE: SchemaNode = {
  description: 'A value that is read when the configuration is loaded.',
  anyOf: ['from_env', 'from_file'].map((key) => ({
    type: 'object',
    properties: { [key]: { type: 'string', minLength: 1 } },
    required: [key],
    additionalProperties: false,
  })),
};

/** zod's JSON Schema, the source of the reference. */
export function annotatedSchema(): SchemaNode {
  return z.toJSONSchema(gatewaySchema, { io: 'input' }) as SchemaNode;
}

/** The schema for editors and other tools. */
export function buildJsonSchema(): SchemaNode {
  const { $schema, $defs, ...root } = annotatedSchema();
  return {
    $schema,
    $id: 'urn:pkce-gateway:gateway.yaml',
    title: 'pkce-gateway configuration (gateway.yaml)',
    ...publish(root),
    $defs: { external_value: EXTERNAL_VALUE, ...mapValues($defs ?? {}, publish) },
  };
}

/** Turns our annotations into standard keywords, and allows an external value for every scalar. */
function publish(node: SchemaNode): SchemaNode {
  const { description, default: standardDefault, ...rest } = mapChildren(node, publish);
  const { 'x-default': builtIn, 'x-examples': examples, 'x-nullable': nullable } = node;
  const constraints = Object.fromEntries(
    Object.entries(rest).filter(([keyword]) => !keyword.startsWith('x-')),
  );
  const notes = {
    ...(description !== undefined && { description }),
    ...((standardDefault ?? builtIn) !== undefined && { default: standardDefault ?? builtIn }),
    ...(examples !== undefined && { examples }),
  };
  if (isScalar(node)) return { ...notes, anyOf: [constraints, EXTERNAL] };
  return { ...notes, ...constraints, ...(nullable === true && { type: ['object', 'null'] }) };
}

function isScalar({ type }: SchemaNode): boolean {
  return type !== undefined && type !== 'object' && type !== 'array';
}

function mapChildren(node: SchemaNode, change: (child: SchemaNode) => SchemaNode): SchemaNode {
  const { properties, items, anyOf, additionalProperties, $defs } = node;
  return {
    ...node,
    ...(properties && { properties: mapValues(properties, change) }),
    ...(items && { items: change(items) }),
    ...(anyOf && { anyOf: anyOf.map(change) }),
    ...(additionalProperties && { additionalProperties: change(additionalProperties) }),
    ...($defs && { $defs: mapValues($defs, change) }),
  };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
