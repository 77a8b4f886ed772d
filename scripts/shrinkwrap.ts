import { readFile, writeFile } from 'node:fs/promises';

type Locked = { readonly dev?: true; readonly devDependencies?: object };
type Lockfile = { readonly packages: Readonly<Record<string, Locked>> };

const root = new URL('../', import.meta.url);
const lockfile = JSON.parse(await readFile(new URL('package-lock.json', root), 'utf8')) as Lockfile;

// The runtime part of the tested lockfile. It exists only in the package: beside package-lock.json, npm would prefer it.
const packages = Object.entries(lockfile.packages)
  .filter(([, { dev }]) => dev !== true)
  .map(([path, { devDependencies: _, ...entry }]) => [path, entry]);
const shrinkwrap = { ...lockfile, packages: Object.fromEntries(packages) };
await writeFile(new URL('npm-shrinkwrap.json', root), `${JSON.stringify(shrinkwrap, null, 2)}\n`);
