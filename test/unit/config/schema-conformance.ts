import type { SchemaNode } from '../../../scripts/config-docs/json-schema.ts';

/** The positions at which a value violates a JSON Schema, for the keywords of our schema; any other keyword is an error of the test. */
export function violations(root: SchemaNode, value: unknown, node: SchemaNode = root, path = '$'): string[] {
  return Object.entries(node).flatMap(([keyword, expected]) => {
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new Error(`keyword ${keyword} at ${path}`);
    return check({ root, value, node, path, expected });
  });
}

type Check = (context: {
  root: SchemaNode;
  value: unknown;
  node: SchemaNode;
  path: string;
  /** The value of the keyword, with the type of that keyword. */
  expected: unknown;
}) => string[];

const nothing: Check = () => [];
const when = (broken: boolean, message: string) => (broken ? [message] : []);

const KEYWORDS: Record<string, Check> = {
  $schema: nothing,
  $id: nothing,
  $defs: nothing,
  title: nothing,
  description: nothing,
  default: nothing,
  examples: nothing,
  type: ({ value, path, expected }) => {
    const types = [expected].flat() as string[];
    return when(
      !types.includes(typeOf(value)) && !(types.includes('number') && typeOf(value) === 'integer'),
      `${path}: type`,
    );
  },
  enum: ({ value, path, expected }) => when(!(expected as unknown[]).includes(value), `${path}: enum`),
  pattern: ({ value, path, expected }) =>
    when(typeof value === 'string' && !new RegExp(expected as string).test(value), `${path}: pattern`),
  minLength: ({ value, path, expected }) =>
    when(typeof value === 'string' && value.length < (expected as number), `${path}: minLength`),
  maxLength: ({ value, path, expected }) =>
    when(typeof value === 'string' && value.length > (expected as number), `${path}: maxLength`),
  minimum: ({ value, path, expected }) =>
    when(typeof value === 'number' && value < (expected as number), `${path}: minimum`),
  maximum: ({ value, path, expected }) =>
    when(typeof value === 'number' && value > (expected as number), `${path}: maximum`),
  minItems: ({ value, path, expected }) =>
    when(Array.isArray(value) && value.length < (expected as number), `${path}: minItems`),
  items: ({ root, value, path, expected }) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => violations(root, item, expected as SchemaNode, `${path}[${index}]`))
      : [],
  anyOf: ({ root, value, path, expected }) =>
    when(
      !(expected as SchemaNode[]).some((branch) => violations(root, value, branch, path).length === 0),
      `${path}: anyOf`,
    ),
  $ref: ({ root, value, path, expected }) => {
    const target = root.$defs?.[(expected as string).replace('#/$defs/', '')];
    if (target === undefined) throw new Error(`no ${expected}`);
    return violations(root, value, target, path);
  },
  dependentRequired: ({ value, path, expected }) =>
    Object.entries(expected as Record<string, string[]>).flatMap(([key, needed]) =>
      needed.flatMap((other) =>
        when(isObject(value) && key in value && !(other in value), `${path}.${other}: required`),
      ),
    ),
  required: ({ value, path, expected }) =>
    (expected as string[]).flatMap((key) =>
      when(isObject(value) && !(key in value), `${path}.${key}: required`),
    ),
  properties: ({ root, value, path, expected }) =>
    Object.entries(isObject(value) ? value : {}).flatMap(([key, item]) =>
      violationsOf(root, item, (expected as Record<string, SchemaNode>)[key], `${path}.${key}`),
    ),
  additionalProperties: ({ root, value, node, path, expected }) =>
    Object.entries(isObject(value) ? value : {}).flatMap(([key, item]) => {
      if (Object.hasOwn(node.properties ?? {}, key)) return [];
      return expected === false
        ? [`${path}.${key}: unknown`]
        : violations(root, item, expected as SchemaNode, `${path}.${key}`);
    }),
  propertyNames: ({ root, value, path, expected }) =>
    Object.keys(isObject(value) ? value : {}).flatMap((key) =>
      violations(root, key, expected as SchemaNode, `${path}<${key}>`),
    ),
};

function violationsOf(
  root: SchemaNode,
  value: unknown,
  node: SchemaNode | undefined,
  path: string,
): string[] {
  return node === undefined ? [] : violations(root, value, node, path);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeOf(value) === 'object';
}
