import { resolve } from 'node:path';
import type { Environment } from './environment.ts';
import type { FileContent, FileReader } from './file-reader.ts';
import { type ExternalNode, textOf, type YamlTree } from './yaml-tree.ts';

/** Where the values are that a file refers to. */
export type Surroundings = {
  readonly files: FileReader;
  readonly env: Environment;
  /** The base of relative paths. */
  readonly directory: string;
};

/**
 * Reads the texts behind `{from_env}`, `{from_file}` and the keys that name a file into the tree, before its values are
 * validated. Reads files one after the other, because there may be many.
 */
export async function readOutsideValues(
  { externals, fileKeys }: YamlTree,
  surroundings: Surroundings,
): Promise<void> {
  for (const external of externals) external.content = await readExternal(external, surroundings);
  for (const entry of fileKeys) {
    const name = textOf(entry.value);
    if (name) entry.content = await readFile(name, surroundings);
  }
}

async function readExternal({ via, name }: ExternalNode, surroundings: Surroundings): Promise<FileContent> {
  if (via === 'env') {
    const text = surroundings.env[name];
    if (text === undefined) return { failure: `the environment variable ${name} is not set` };
    return { text, exposure: undefined };
  }
  const content = await readFile(name, surroundings);
  // Editors and `echo` end a file with a newline, which is not part of a secret.
  return 'text' in content ? { ...content, text: content.text.replace(/\r?\n$/, '') } : content;
}

async function readFile(name: string, { files, directory }: Surroundings): Promise<FileContent> {
  const file = resolve(directory, name);
  const content = await files.read(file);
  return 'text' in content ? content : { failure: `cannot read ${file}: ${content.failure}` };
}
