import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

type Import = {
  readonly from: string;
  /** A file of this project, relative to src; `undefined` for packages. */
  readonly file: string | undefined;
  /** `undici`, `node:http`. */
  readonly packageName: string | undefined;
  readonly typeOnly: boolean;
};

type SourceFile = {
  readonly path: string;
  /** The first folder below src; empty for files in src itself. */
  readonly folder: string;
  /** The code without comments and string contents. */
  readonly code: string;
  readonly lines: number;
  readonly imports: readonly Import[];
};

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:([^'";]*?)\s+from\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g;

function readSource(path: string): SourceFile {
  const text = readFileSync(join(SRC, path), 'utf8');
  const code = text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
  const imports = [...code.matchAll(IMPORT)].map(([, type, names = '', target = '', dynamic]): Import => {
    const specifier = dynamic ?? target;
    const named = /^\{(.*)\}$/s
      .exec(names.trim())?.[1]
      ?.split(',')
      .filter((name) => name.trim() !== '');
    const typeOnly = type !== undefined || (named?.every((name) => /^\s*type\s/.test(name)) ?? false);
    const isOurs = /^\.{1,2}\/.*\.ts$/.test(specifier);
    return {
      from: path,
      file: isOurs ? relative(SRC, join(SRC, dirname(path), specifier)) : undefined,
      packageName: specifier.startsWith('.') ? undefined : packageOf(specifier),
      typeOnly: typeOnly && dynamic === undefined,
    };
  });
  const folder = path.includes('/') ? (path.split('/')[0] as string) : '';
  const bare = code.replace(/'(?:[^'\\\n]|\\.)*'/g, "''");
  return { path, folder, code: bare, lines: text.split('\n').length - 1, imports };
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] as string);
}

const FILES = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map(readSource);
const IMPORTS = FILES.flatMap(({ imports }) => imports);
const folderOf = (path: string) => (path.includes('/') ? (path.split('/')[0] as string) : '');
const show = ({ from, file, packageName }: Import) => `${from} → ${file ?? packageName}`;

test('finds the sources', () => {
  expect(FILES.length).toBeGreaterThan(100);
  const main = FILES.find(({ path }) => path === 'main.ts');
  expect(main?.imports.map(({ file }) => file)).toContain('cli/run.ts');
  const paths = new Set(FILES.map(({ path }) => path));
  expect(IMPORTS.filter(({ file }) => file !== undefined && !paths.has(file)).map(show)).toEqual([]);
});

/** The folders that a folder may import besides itself: `all`, or (`types`) only types. The table of ARCHITECTURE.md. */
const MAY_IMPORT: Readonly<
  Record<string, { readonly all: readonly string[]; readonly types: readonly string[] }>
> = {
  oauth: { all: [], types: [] },
  policy: { all: ['oauth'], types: ['store', 'config'] },
  store: { all: ['oauth'], types: ['config'] },
  issuer: { all: ['oauth', 'policy', 'http', 'upstream'], types: ['config', 'telemetry'] },
  activity: { all: ['oauth', 'policy', 'store'], types: ['upstream', 'telemetry'] },
  http: { all: [], types: ['config'] },
  upstream: { all: ['http', 'oauth'], types: ['config', 'telemetry'] },
  handlers: { all: ['oauth', 'policy', 'store', 'issuer', 'http', 'upstream', 'telemetry'], types: [] },
  telemetry: { all: [], types: ['*'] },
  admin: {
    all: ['telemetry', 'store', 'activity', 'policy', 'config', 'oauth', 'upstream', 'http', 'issuer'],
    types: [],
  },
  config: { all: ['policy', 'oauth'], types: [] },
  doctor: { all: ['oauth', 'store', 'activity', 'upstream', 'issuer', 'telemetry'], types: ['config'] },
  report: { all: ['activity', 'config', 'oauth', 'policy'], types: [] },
  workers: { all: ['telemetry', 'issuer', 'config'], types: ['activity', 'upstream'] },
  cli: { all: ['*'], types: [] },
};
/** Files of src itself that folders may import: shared terms, and the parts of each serving process. */
const ROOT_IMPORTED: Readonly<Record<string, readonly string[]>> = {
  activity: ['in-turns.ts', 'recent-map.ts'],
  config: ['in-turns.ts'],
  doctor: ['open-stores.ts'],
  issuer: ['recent-map.ts'],
  upstream: ['recent-map.ts'],
  workers: ['in-turns.ts', 'observed-stores.ts', 'server.ts', 'version.ts'],
};

test('every folder of src has a row, here and in ARCHITECTURE.md', () => {
  const folders = [...new Set(FILES.map(({ folder }) => folder))].filter((folder) => folder !== '').sort();
  expect(folders).toEqual(Object.keys(MAY_IMPORT).sort());
  const page = readFileSync(join(SRC, '../ARCHITECTURE.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `(\w+)\/` \|/gm)].map(([, folder]) => folder);
  expect(documented.sort()).toEqual(folders);
});

test.each(Object.entries(MAY_IMPORT))('%s/ imports only allowed folders', (folder, { all, types }) => {
  const wrong = IMPORTS.filter(({ from, file, typeOnly }) => {
    if (folderOf(from) !== folder || file === undefined) return false;
    const target = folderOf(file);
    if (target === folder || all.includes('*') || all.includes(target)) return false;
    if (target === '' && (all.includes(file) || ROOT_IMPORTED[folder]?.includes(file))) return false;
    return !(typeOnly && (types.includes('*') || types.includes(target)));
  });
  expect(wrong.map(show)).toEqual([]);
});

test('a third-party package is imported from one folder only', () => {
  const users = new Map<string, Set<string>>();
  for (const { from, packageName } of IMPORTS) {
    if (packageName === undefined || packageName.startsWith('node:')) continue;
    users.set(packageName, (users.get(packageName) ?? new Set()).add(folderOf(from)));
  }
  expect(users.size).toBeGreaterThan(3);
  const shared = [...users].filter(([, folders]) => folders.size > 1);
  expect(shared.map(([name, folders]) => `${name}: ${[...folders].join(', ')}`)).toEqual([]);
});

describe.each(['oauth', 'policy'])('%s/ is pure', (folder) => {
  const files = FILES.filter((file) => file.folder === folder);

  test('it imports nothing that does I/O', () => {
    const harmless = new Set(['node:buffer', 'node:crypto', 'node:url', 'node:net', 'parse5']);
    const others = files
      .flatMap(({ imports }) => imports)
      .filter(({ packageName }) => packageName !== undefined);
    expect(others.filter(({ packageName }) => !harmless.has(packageName as string)).map(show)).toEqual([]);
    // From node:net only the parsing of addresses, from node:crypto no randomness.
    const impure = /\b(createServer|connect|Socket|random\w*|generateKey\w*)\b(?=[^;]*from)/;
    expect(files.filter(({ code }) => impure.test(code)).map(({ path }) => path)).toEqual([]);
  });

  test.each([
    ['async', /\basync\b|\bawait\b|\bPromise\b|\.then\(/],
    ['a clock', /\bDate\.now\b|\bnew Date\(\)|\bperformance\b|\bset(Timeout|Interval|Immediate)\b/],
    ['randomness', /\bMath\.random\b|\brandom(Bytes|UUID|Int)\b|\bgetRandomValues\b/],
    ['an environment', /\bprocess\b|\bglobalThis\b/],
    ['a console', /\bconsole\b/],
    ['a network', /\bfetch\(/],
  ])('it has no %s', (_, pattern) => {
    expect(files.filter(({ code }) => pattern.test(code)).map(({ path }) => path)).toEqual([]);
  });
});

const USES: readonly (readonly [what: string, pattern: RegExp, allowed: (path: string) => boolean])[] = [
  ['process.env', /\bprocess\.env\b|\benv\b[^;]*from 'node:process'/, (path) => path.startsWith('config/')],
  ['the console', /\bconsole\b/, (path) => path === 'main.ts'],
  [
    'process.exit',
    /\bprocess\.(exit|exitCode|abort|kill)\b/,
    // Each is the entry point of a process.
    (path) => path === 'main.ts' || path === 'config/load-process.ts',
  ],
  ['a default export', /\bexport\s+default\b|\bas\s+default\b/, () => false],
  ['an enum or a namespace', /^\s*(export\s+)?(const\s+)?(enum|namespace)\s/m, () => false],
  ['a barrel', /\bexport\s+\*/, () => false],
];
test.each(USES)('%s occurs only in allowed folders', (_, pattern, allowed) => {
  const wrong = FILES.filter(({ path, code }) => pattern.test(code) && !allowed(path));
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

test('no file has more than 300 lines', () => {
  expect(FILES.filter(({ lines }) => lines > 300).map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
});

test('file names are in kebab-case, and name the main export', () => {
  const vague = new Set(['utils', 'util', 'helpers', 'helper', 'common', 'shared', 'misc', 'types', 'index']);
  const wrong = FILES.filter(({ path }) => {
    const name = basename(path, '.ts');
    return vague.has(name) || vague.has(basename(dirname(path))) || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name);
  });
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

test('there is no import cycle, not even of types', () => {
  const graph = new Map(
    FILES.map(({ path, imports }) => [
      path,
      imports.flatMap(({ file }) => (file === undefined ? [] : [file])),
    ]),
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    else if (!done.has(path)) for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  expect(cycles).toEqual([]);
});
