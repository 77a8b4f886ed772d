import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const inProject = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const model = readFileSync(inProject('docs/threat-model.md'), 'utf8');
const PATHS = [
  ...new Set([...model.matchAll(/`((?:src|test|docs)\/[\w./-]+)`/g)].map(([, path]) => path ?? '')),
];

test('names the files that stop the attacks, and their tests', () => {
  expect(PATHS.filter((path) => path.startsWith('src/')).length).toBeGreaterThan(20);
  expect(PATHS.filter((path) => path.startsWith('test/')).length).toBeGreaterThan(20);
});

test.each(PATHS)('%s exists', (path) => expect(existsSync(inProject(path))).toBe(true));
