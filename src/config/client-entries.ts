import { Document, isMap, isScalar, type Node } from 'yaml';

/** One client's entry, to be pasted into a configuration. */
export type ClientEntry = {
  readonly issuer: string;
  readonly client: string;
  readonly settings: Readonly<Record<string, string | readonly string[]>>;
  /** What stands above it. */
  readonly comment: string | undefined;
};

/** Client entries as YAML, under their issuers, as they stand in a configuration. */
export function renderClientEntries(heading: string, entries: readonly ClientEntry[]): string {
  const issuers = Map.groupBy(entries, ({ issuer }) => issuer);
  const document = new Document({
    issuers: [...issuers].map(([name, clients]) => ({
      name,
      clients: new Map(clients.map(({ client, settings }) => [client, settings])),
    })),
  });
  document.commentBefore = commentText(heading);
  for (const [i, clients] of [...issuers.values()].entries()) {
    const map = document.getIn(['issuers', i, 'clients']);
    for (const [j, { comment }] of clients.entries()) {
      const key: unknown = isMap(map) ? map.items[j]?.key : undefined;
      if (isScalar(key) && comment !== undefined) (key as Node).commentBefore = commentText(comment);
    }
  }
  return document.toString({ lineWidth: 0 }).trimEnd();
}

/** Each line of it is a comment, whatever its text. */
function commentText(text: string): string {
  return text
    .split(/\r\n|[\n\r\u0085\u2028\u2029]/)
    .map((line) => ` ${line.replace(/[\p{Cc}\p{Cf}]/gu, '')}`)
    .join('\n');
}
