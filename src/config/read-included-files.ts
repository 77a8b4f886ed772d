import { glob, readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { ExternalValue } from './external-value.ts';
import { Findings, type Locate } from './findings.ts';
import { formatPosition, type ValuePath } from './problem.ts';
import { readFailure } from './read-small-file.ts';
import { valueAt } from './schema-walk.ts';
import { YamlSource } from './yaml-source.ts';
import { YamlValueReader } from './yaml-value.ts';

export const LARGEST_FILE = 64 * 1024 * 1024;
const MOST_FILES = 1_000;

type Mapping = Record<string, unknown>;

export type Included = {
  /** References in these files, their paths those of the whole configuration. */
  readonly externals: readonly ExternalValue[];
  /** Where an entry of the whole configuration stands, whichever file it is in. */
  readonly locate: Locate;
};

/** Puts the clients of the files that `include` names into `raw`, under the issuer of the same name. */
export async function readIncludedFiles(
  raw: unknown,
  { directory, locate }: { directory: string; locate: Locate },
  findings: Findings,
): Promise<Included> {
  const homes = new Map<string, { source: YamlSource; path: ValuePath }>();
  const located: Locate = (path, part) => {
    const home = path[2] === 'clients' ? homes.get(`${path[1]} ${path[3]}`) : undefined;
    return home === undefined
      ? locate(path, part)
      : home.source.locate([...home.path, ...path.slice(4)], part);
  };
  const externals: ExternalValue[] = [];
  const issuers = issuersByName(raw);
  for (const file of await includedFiles(raw, directory, findings)) {
    const included = await readFileOf(file, findings);
    if (included === undefined) continue;
    const { source, reader, value } = included;
    const moved = new Map<string, ValuePath>();
    for (const { name, clients, path } of clientsOf(value, source, findings)) {
      const issuer = issuers.get(name);
      if (issuer === undefined) {
        findings.problemAt(
          source.locate([...path, 'name'], 'value'),
          [...path, 'name'],
          `no issuer is called ${name}`,
        );
        continue;
      }
      issuer.entry['clients'] ??= {};
      const known = issuer.entry['clients'];
      if (!isMapping(known)) continue;
      for (const [id, entry] of Object.entries(clients)) {
        const own = [...path, 'clients', id];
        const target = ['issuers', issuer.index, 'clients', id];
        if (Object.hasOwn(known, id)) {
          const first = located(target, 'key');
          const where = first === undefined ? 'before' : `in ${formatPosition(first)}`;
          findings.problemAt(source.locate(own, 'key'), target, `duplicate client (first ${where})`);
          continue;
        }
        known[id] = entry;
        homes.set(`${issuer.index} ${id}`, { source, path: own });
        moved.set(JSON.stringify(own), target);
      }
    }
    for (const external of reader.externals) {
      const target = moved.get(JSON.stringify(external.path.slice(0, 4)));
      if (target === undefined) continue;
      external.path = [...target, ...external.path.slice(4)];
      externals.push(external);
    }
  }
  return { externals, locate: located };
}

/** Each once, in the order of their names. What their folders hold may change, so these are watched too. */
async function includedFiles(raw: unknown, directory: string, findings: Findings): Promise<string[]> {
  const patterns = valueAt(raw, ['include']);
  const found = new Set<string>();
  if (!Array.isArray(patterns)) return [];
  for (const [index, given] of patterns.entries()) {
    const pattern = textOf(given);
    if (pattern === undefined || pattern === '') continue;
    const path = ['include', index];
    const absolute = isAbsolute(pattern) ? pattern : join(directory, pattern);
    const fixed = absolute.split(/[*?[{]/, 1)[0] ?? '';
    if (fixed === absolute) {
      found.add(absolute);
      continue;
    }
    await findings.pointsTo(fixed.endsWith('/') ? resolve(fixed) : dirname(fixed));
    for await (const file of glob(absolute)) {
      if (found.size >= MOST_FILES) {
        findings.problem(path, `more than ${MOST_FILES} files`);
        break;
      }
      found.add(file);
    }
  }
  return [...found].sort();
}

async function readFileOf(file: string, findings: Findings) {
  await findings.pointsTo(file);
  let text: string;
  try {
    if ((await stat(file)).size > LARGEST_FILE) throw new RangeError('is larger than 64 MiB');
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (error) {
    const why = error instanceof RangeError ? error.message : `cannot be read: ${readFailure(error)}`;
    findings.problemAt({ file, line: 1, column: 1 }, [], why);
    return undefined;
  }
  const source = new YamlSource(file, text);
  for (const { offset, message } of source.syntaxProblems) {
    findings.problemAt(source.position(offset), [], message);
  }
  if (source.syntaxProblems.length > 0) return undefined;
  const own = new Findings(source.locate);
  const reader = new YamlValueReader(source, own);
  const value = reader.read(source.root);
  findings.take(own);
  return { source, reader, value };
}

/** The clients by issuer, of a file that holds nothing else. */
function* clientsOf(value: unknown, source: YamlSource, findings: Findings) {
  const problem = (path: ValuePath, message: string, part: 'key' | 'value' = 'value') =>
    findings.problemAt(source.locate(path, part), path, message);
  if (value === null || value === undefined) return;
  const issuers = isMapping(value) ? value['issuers'] : undefined;
  for (const key of isMapping(value) ? Object.keys(value) : []) {
    if (key !== 'issuers') problem([key], 'an included file holds `issuers` only', 'key');
  }
  if (!Array.isArray(issuers)) {
    problem(['issuers'], 'an included file holds a list of `issuers`');
    return;
  }
  for (const [index, issuer] of issuers.entries()) {
    const path = ['issuers', index];
    if (!isMapping(issuer) || typeof issuer['name'] !== 'string') {
      problem(path, 'must be a mapping with the `name` of an issuer and its `clients`');
      continue;
    }
    for (const key of Object.keys(issuer)) {
      if (key !== 'name' && key !== 'clients')
        problem([...path, key], 'an included file holds clients only', 'key');
    }
    const clients = issuer['clients'] ?? {};
    if (isMapping(clients)) yield { name: issuer['name'], clients, path };
    else problem([...path, 'clients'], 'must be a mapping');
  }
}

function issuersByName(raw: unknown): Map<string, { entry: Mapping; index: number }> {
  const issuers = valueAt(raw, ['issuers']);
  const entries = Array.isArray(issuers) ? issuers.entries() : [];
  const byName = new Map<string, { entry: Mapping; index: number }>();
  for (const [index, entry] of entries) {
    const name = isMapping(entry) ? textOf(entry['name']) : undefined;
    if (name !== undefined) byName.set(name, { entry, index });
  }
  return byName;
}

/** Of a text, or of what has been read in its place. */
function textOf(value: unknown): string | undefined {
  const text = value instanceof ExternalValue ? value.text : value;
  return typeof text === 'string' ? text : undefined;
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
