/** A well-known location of metadata: the document, and its issuer. */
export type MetadataPlace = {
  readonly document: 'openid-configuration' | 'oauth-authorization-server';
  /** The path of the issuer, without a slash at its end; `` for one without a path. */
  readonly issuerPath: string;
};

const INSERTED = /^\/\.well-known\/(openid-configuration|oauth-authorization-server)(\/.+)?$/;
const APPENDED = /^(\/.+)\/\.well-known\/(openid-configuration|oauth-authorization-server)$/;

/** `undefined`: there may be metadata of an unknown kind. */
export function parseMetadataPath(path: string): MetadataPlace | undefined {
  const [inserted, kind, issuerPath = ''] = INSERTED.exec(path) ?? [];
  if (inserted !== undefined) return { document: kind as MetadataPlace['document'], issuerPath };
  const [appended, prefix = '', document] = APPENDED.exec(path) ?? [];
  return appended === undefined
    ? undefined
    : { document: document as MetadataPlace['document'], issuerPath: prefix };
}

/**
 * Both forms of a metadata path. OpenID Connect Discovery 4.1 appends the well-known part to the issuer, RFC 8414 3.1
 * inserts it before the path; clients try either (RFC 8414 5).
 */
export function metadataPathForms({ document, issuerPath }: MetadataPlace): string[] {
  const appended = `${issuerPath}/.well-known/${document}`;
  const inserted = `/.well-known/${document}${issuerPath}`;
  if (issuerPath === '') return [appended];
  return document === 'openid-configuration' ? [appended, inserted] : [inserted, appended];
}

/** Every location for the metadata of an issuer with this path. */
export function documentsOf(issuerPath: string): string[] {
  return (['openid-configuration', 'oauth-authorization-server'] as const).flatMap((document) =>
    metadataPathForms({ document, issuerPath }),
  );
}

/** Every path at which clients may look for the metadata of issuers with these known paths. */
export function allMetadataPaths(paths: readonly string[]): string[] {
  const all = new Set(paths);
  for (const path of paths) {
    const place = parseMetadataPath(path);
    for (const form of place === undefined ? [] : documentsOf(place.issuerPath)) all.add(form);
  }
  return [...all];
}

/** The path that a request refers to: the part after a well-known prefix (RFC 8414 3.1, RFC 8615 3), or the whole path. */
export function subjectOfPath(path: string): string {
  return path.replace(/^\/\.well-known\/[^/]+(?=\/)/, '');
}

/** Whether a path equals this one or is below it. */
export function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

/** The path of an issuer identifier, in the form of `MetadataPlace`. */
export function issuerPathOf(issuer: unknown): string {
  const path = typeof issuer === 'string' ? URL.parse(issuer)?.pathname : undefined;
  let end = path?.length ?? 0;
  while (end > 0 && path?.[end - 1] === '/') end -= 1;
  return path?.slice(0, end) ?? '';
}
