import { glob, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { Diagnostics } from './diagnostics.ts';
import { type FileReader, LARGEST_CONFIG } from './file-reader.ts';
import { readOutsideValues, type Surroundings } from './outside-values.ts';
import { parseYaml } from './parse-yaml.ts';
import { formatPosition } from './problem.ts';
import {
  type Entry,
  isNull,
  itemsOf,
  locateIn,
  type MapNode,
  textOf,
  valueAt,
  type YamlNode,
} from './yaml-tree.ts';

const MOST_FILES = 1_000;

type Issuer = { readonly index: number; readonly clients: Map<string, Entry> };

/** Adds the clients of the included files to the tree, below the issuer of the same name. */
export async function includeFiles(
  root: YamlNode,
  surroundings: Surroundings,
  diagnostics: Diagnostics,
): Promise<void> {
  const found = await findFiles(root, surroundings, diagnostics);
  if (found.length === 0) return;
  const issuers = issuersByName(root);
  for (const file of found) {
    const content = await surroundings.files.read(file, LARGEST_CONFIG);
    if ('failure' in content) {
      const message = `cannot be read: ${content.failure}`;
      diagnostics.problemAt({ file, line: 1, column: 1 }, [], message);
      continue;
    }
    const tree = parseYaml(content.text, file, diagnostics);
    if (tree === undefined) continue;
    await readOutsideValues(tree, surroundings);
    addClients(tree.root, issuers, diagnostics.locatedBy(locateIn(tree.root)));
  }
}

/** Each file once, ordered by name. Folders are watched too, because files may be added to them. */
async function findFiles(
  root: YamlNode,
  { directory, files }: Surroundings,
  diagnostics: Diagnostics,
): Promise<string[]> {
  const found = new Set<string>();
  for (const [index, node] of itemsOf(valueAt(root, 'include')).entries()) {
    const pattern = textOf(node);
    if (pattern === undefined || pattern === '') continue;
    const path = ['include', index];
    const absolute = isAbsolute(pattern) ? pattern : join(directory, pattern);
    if (!isPattern(absolute)) {
      found.add(absolute);
      continue;
    }
    await watchFolders(absolute.endsWith('**') ? absolute : dirname(absolute), files);
    let matches = 0;
    for await (const file of glob(absolute)) {
      if (await isFolder(file)) continue;
      found.add(file);
      matches += 1;
      if (found.size <= MOST_FILES) continue;
      diagnostics.problem(path, `matches more than ${MOST_FILES} files`);
      return [];
    }
    if (matches === 0) diagnostics.warning(path, 'no file matches this pattern');
  }
  return [...found].sort();
}

function isPattern(path: string): boolean {
  return /[*?[{]/.test(path);
}

/** Watches the folders that a pattern matches, and those above them that it matches as well. */
async function watchFolders(pattern: string, files: FileReader): Promise<void> {
  if (!isPattern(pattern)) return files.watch(pattern);
  for await (const path of glob(pattern)) if (await isFolder(path)) await files.watch(path);
  return watchFolders(dirname(pattern), files);
}

/** Links are followed. */
async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}

/** The issuers of the main file, each with its own mapping of clients. */
function issuersByName(root: YamlNode): ReadonlyMap<string, Issuer> {
  const issuers = new Map<string, Issuer>();
  for (const [index, node] of itemsOf(valueAt(root, 'issuers')).entries()) {
    const name = textOf(valueAt(node, 'name'));
    if (node.kind !== 'map' || name === undefined) continue;
    const given = node.entries.get('clients');
    if (given !== undefined && given.value.kind !== 'map' && !isNull(given.value)) continue;
    // An alias may share this mapping with another issuer, which must not get the clients of this one.
    const clients = new Map(given?.value.kind === 'map' ? given.value.entries : []);
    const { source, at } = given ?? node;
    const value: MapNode = { source, at, kind: 'map', repeated: false, entries: clients };
    node.entries.set('clients', { source, at, value });
    issuers.set(name, { index, clients });
  }
  return issuers;
}

/** The clients of an included file by issuer; anything else in it is a problem. */
function addClients(root: YamlNode, issuers: ReadonlyMap<string, Issuer>, diagnostics: Diagnostics): void {
  for (const key of root.kind === 'map' ? root.entries.keys() : []) {
    if (key !== 'issuers') diagnostics.problem([key], 'an included file may contain only `issuers`', 'key');
  }
  const list = valueAt(root, 'issuers');
  if (list?.kind !== 'list') {
    diagnostics.problem(['issuers'], 'an included file needs a list of `issuers`');
    return;
  }
  for (const [index, node] of list.items.entries()) {
    const path = ['issuers', index];
    const name = textOf(valueAt(node, 'name'));
    if (node.kind !== 'map' || name === undefined) {
      diagnostics.problem(path, 'must be a mapping with the `name` of an issuer and its `clients`');
      continue;
    }
    for (const key of node.entries.keys()) {
      if (key !== 'name' && key !== 'clients') {
        diagnostics.problem([...path, key], 'an included file may contain only clients', 'key');
      }
    }
    const clients = node.entries.get('clients')?.value;
    const issuer = issuers.get(name);
    if (issuer === undefined) diagnostics.problem([...path, 'name'], `no issuer is called ${name}`);
    else if (clients?.kind === 'map') addTo(issuer, clients, diagnostics);
    else if (clients !== undefined && !isNull(clients))
      diagnostics.problem([...path, 'clients'], 'must be a mapping');
  }
}

function addTo({ index, clients }: Issuer, { entries }: MapNode, diagnostics: Diagnostics): void {
  for (const [id, entry] of entries) {
    const first = clients.get(id);
    if (first === undefined) {
      clients.set(id, entry);
      continue;
    }
    const message = `duplicate client (first in ${formatPosition(first.source.position(first.at))})`;
    diagnostics.problemAt(entry.source.position(entry.at), ['issuers', index, 'clients', id], message);
  }
}
