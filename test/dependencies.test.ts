import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

type Locked = {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };

/** Resolves a package from another one's folder, as Node does. */
function locate(name: string, from: string): string | undefined {
  for (let folder = from; ; ) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === '') return undefined;
    const parent = folder.lastIndexOf('/node_modules/');
    folder = parent === -1 ? '' : folder.slice(0, parent);
  }
}

function runtimeTree(): Set<string> {
  const names = new Set<string>();
  const seen = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    const { dependencies, optionalDependencies } = packages[path] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const found = locate(name, path);
      if (found === undefined) continue;
      names.add(name);
      visit(found);
    }
  };
  visit('');
  return names;
}

test('the ADR lists exactly the packages that ship', () => {
  const page = read('docs/adr/0001-dependencies.md');
  const listed = [...page.matchAll(/^\| `?([@\w/.-]+)`? \|/gm)].map(([, name]) => name);
  expect(listed.filter((name) => name !== 'package').sort()).toEqual([...runtimeTree()].sort());
});
