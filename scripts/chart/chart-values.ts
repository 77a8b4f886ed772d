import { readFile } from 'node:fs/promises';
import { isMap, isScalar, type Pair, parse, parseDocument, type YAMLMap } from 'yaml';

type JsonSchema = Readonly<Record<string, unknown>>;

/** A key of values.yaml, from the file and its comments. */
export type ChartValue = {
  readonly key: string;
  /** From its `# --` comment. */
  readonly description: string;
  readonly default: unknown;
  /** From its `# @schema` comment: what the default does not show. */
  readonly schema: JsonSchema;
  /** The keys of a section; none if users choose the keys. */
  readonly children: readonly ChartValue[];
};

export async function readChartValues(): Promise<readonly ChartValue[]> {
  const file = new URL('../../charts/pkce-gateway/values.yaml', import.meta.url);
  const { contents } = parseDocument(await readFile(file, 'utf8'));
  if (!isMap(contents)) throw new Error('values.yaml is not a mapping');
  return valuesOf(contents);
}

function valuesOf(map: YAMLMap): readonly ChartValue[] {
  return (map.items as Pair[]).map((pair, index) => {
    const { key, value } = pair;
    if (!isScalar(key)) throw new Error('values.yaml: a key is not text');
    // The comment before the first key of a mapping belongs to the mapping.
    const comment = key.commentBefore ?? (index === 0 ? map.commentBefore : undefined) ?? '';
    const children = isMap(value) && isSection(value) ? valuesOf(value) : [];
    const { description, schema } = readComment(comment);
    if (description === '' && children.length === 0)
      throw new Error(`values.yaml: ${key} has no description`);
    const plain = isMap(value) ? value.toJSON() : (value as { toJSON(): unknown }).toJSON();
    return { key: String(key.value), description, default: plain, schema, children };
  });
}

/** A mapping whose keys have their own comments. */
function isSection(map: YAMLMap): boolean {
  const described = (comment: string | null | undefined) => comment?.includes('-- ') ?? false;
  return (
    described(map.commentBefore) ||
    (map.items as Pair[]).some(
      ({ key, value }) =>
        (isScalar(key) && described(key.commentBefore)) || (isMap(value) && isSection(value)),
    )
  );
}

function readComment(comment: string): { description: string; schema: JsonSchema } {
  const [text = '', schema = ''] = comment.split(/^ ?@schema /m);
  return {
    description: text
      .replace(/^ ?-- /, '')
      .replaceAll(/\n ?/g, ' ')
      .trim(),
    schema: (parse(`{${schema.trim()}}`) as JsonSchema | null) ?? {},
  };
}
