import { annotatedSchema, type SchemaNode } from './json-schema.ts';

const INTRODUCTION = `<!-- Generated from src/config/schema by scripts/generate-docs.ts: change it there. -->

# Configuration

The gateway reads one YAML file (1.2, UTF-8), \`gateway.yaml\`. Start with [gateway.example.yaml](../gateway.example.yaml).

- \`pkce-gateway check --config gateway.yaml\` reports every problem at once, as \`file:line:col path: message\`. Unknown keys are problems.
- Editors that know YAML schemas complete and check with [config/gateway.schema.json](../config/gateway.schema.json); the head of the
  example shows how.
- A **duration** is a whole number with its unit: \`300ms\`, \`30s\`, \`10m\`, \`2h\`. A **size** is \`64KiB\`, \`1MiB\` or a number of bytes.
  An **address** is \`host:port\` or \`[IPv6]:port\`.
- Any single value may be written as \`{from_env: NAME}\` or \`{from_file: path}\`. Relative paths are relative to the directory of the
  configuration file. One newline at the end of a file is dropped. Use these for secrets.
- Anchors and aliases work, merge keys (\`<<\`) do not: put common settings of clients under \`defaults\`.
- In a list in brackets, a path with a placeholder needs quotes: \`["/realms/{realm}/token"]\`.
`;

const POLICY_INTRODUCTION = `The keys of \`issuers[].defaults\`, of each entry of \`issuers[].clients\` and of \`issuers[].unlisted_clients\`.
An entry takes missing keys from \`defaults\`, and keys missing there from the table below. Each key is taken
as a whole: lists are not merged. An entry with \`mode: report\` or \`mode: off\` does not take \`enforce_from\` and
\`enforce_percent\` from \`defaults\`.

In \`unlisted_clients\`, \`mode\` may also be \`reject\`: a client that is not listed is refused.
`;

type Row = { key: string; type: string; default: string; meaning: string };

/** docs/configuration.md */
export function renderReference(): string {
  const { properties = {}, $defs = {} } = annotatedSchema();
  const sections = Object.entries(properties).map(
    ([key, node]) => `## \`${key}\`\n\n${node.description ?? ''}\n\n${table(rowsOf(key, node, false, true))}`,
  );
  const policy = $defs.client_policy ?? {};
  return [
    INTRODUCTION,
    ...sections,
    `## Client policy\n\n${POLICY_INTRODUCTION}\n${table(childRows('', policy))}`,
  ].join('\n');
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(
    (row) => `| ${[row.key, row.type, row.default, row.meaning].map(cell).join(' | ')} |`,
  );
  return `${['| key | type | default | meaning |', '|---|---|---|---|', ...lines].join('\n')}\n`;
}

/** The rows of a key and of the keys below it. */
function rowsOf(key: string, node: SchemaNode, required: boolean, isSection = false): Row[] {
  const row = {
    key: `\`${key}\``,
    type: typeOf(node),
    default: defaultOf(node, required),
    meaning: node.description ?? '',
  };
  const children = childRows(key, node);
  return isSection && children.length > 0 ? children : [row, ...children];
}

function childRows(key: string, node: SchemaNode): Row[] {
  if (node.items !== undefined) return childRows(`${key}[]`, node.items);
  if (node.anyOf !== undefined) return node.anyOf.flatMap((branch) => childRows(key, branch));
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
    rowsOf(key === '' ? name : `${key}.${name}`, child, node.required?.includes(name) ?? false),
  );
}

function typeOf(node: SchemaNode): string {
  if (node.$ref !== undefined) return '[client policy](#client-policy)';
  const named = node['x-type'];
  if (typeof named === 'string') return named;
  if (node.anyOf !== undefined) return node.anyOf.map(typeOf).join(' or ');
  if (node.enum !== undefined) return node.enum.map((word) => `\`${word}\``).join(' ');
  switch (node.type) {
    case 'array':
      return `list: ${typeOf(node.items ?? {})}`;
    case 'boolean':
      return '`true` `false`';
    case 'integer':
      return `whole number, ${node.minimum} to ${node.maximum}`;
    case 'object':
      return node.additionalProperties ? `mapping of ${typeOf(node.additionalProperties)}` : 'mapping';
    default:
      return 'text';
  }
}

function defaultOf(node: SchemaNode, required: boolean): string {
  if (required) return '**required**';
  const value = node.default ?? node['x-default'];
  if (value === undefined || node.type === 'object' || node.$ref !== undefined) return '';
  if (Array.isArray(value)) return `\`[${value.join(', ')}]\``;
  return `\`${value}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
