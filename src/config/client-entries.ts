import { CORE_SCHEMA, dump } from 'js-yaml';

/** A client entry to paste into a configuration. */
export type ClientEntry = {
  readonly issuer: string;
  readonly client: string;
  readonly settings: Readonly<Record<string, string | readonly string[]>>;
  /** The comment above it. */
  readonly comment: string | undefined;
};

/** Client entries as YAML below their issuers, as in a configuration. */
export function renderClientEntries(heading: string, entries: readonly ClientEntry[]): string {
  const lines = [...commentLines(heading), '', 'issuers:'];
  for (const [name, clients] of Map.groupBy(entries, ({ issuer }) => issuer)) {
    lines.push(...indented(yamlLines([{ name }]), 2), '    clients:');
    for (const { client, settings, comment } of clients) {
      const entry = yamlLines({ [client]: settings });
      lines.push(...indented([...(comment === undefined ? [] : commentLines(comment)), ...entry], 6));
    }
  }
  return lines.join('\n');
}

function yamlLines(value: unknown): string[] {
  return dump(value, { lineWidth: -1, schema: CORE_SCHEMA }).trimEnd().split('\n');
}

function commentLines(text: string): string[] {
  const lines = text.split(/\r\n|[\n\r\u0085\u2028\u2029]/);
  return lines.map((line) => `# ${line.replace(/[\p{Cc}\p{Cf}]/gu, '')}`);
}

function indented(lines: readonly string[], by: number): string[] {
  return lines.map((line) => ' '.repeat(by) + line);
}
