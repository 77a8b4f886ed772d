import { resolve } from 'node:path';
import type { Findings } from './findings.ts';
import { formatPath, type ValuePath } from './problem.ts';
import { readPublicFile } from './read-small-file.ts';
import type { FileConfig } from './schema/gateway.ts';
import type { ValidPart } from './valid-part.ts';

/** Page templates by the path of the key that names their file. */
export type Pages = ReadonlyMap<string, string>;

/** What a template may ask for, as `{{name}}`. */
export const PLACEHOLDERS = ['title', 'message', 'description', 'reason', 'owner', 'request_id', 'status'];

export async function readPages(
  { issuers = [] }: ValidPart<FileConfig>,
  directory: string,
  findings: Findings,
): Promise<Pages> {
  const pages = new Map<string, string>();
  for (const [index, issuer] of issuers.entries()) {
    const name = issuer?.pages?.error_file;
    if (name === undefined) continue;
    const path: ValuePath = ['issuers', index, 'pages', 'error_file'];
    const file = resolve(directory, name);
    const template = await readPublicFile(file, path, findings);
    if (template === undefined) continue;
    checkTemplate(template, file, path, findings);
    pages.set(formatPath(path), template);
  }
  return pages;
}

function checkTemplate(template: string, file: string, path: ValuePath, findings: Findings): void {
  const names = [...template.matchAll(/\{\{([^{}]*)\}\}/g)].map(([, name = '']) => name.trim());
  const unknown = [...new Set(names)].filter((name) => !PLACEHOLDERS.includes(name));
  if (unknown.length > 0) {
    findings.problem(
      path,
      `${file} has {{${unknown.join('}}, {{')}}}: a page can have {{${PLACEHOLDERS.join('}}, {{')}}}`,
    );
  }
  if (!names.includes('request_id')) {
    findings.problem(path, `${file} has no {{request_id}}: nobody could find in the log what its reader saw`);
  }
}
