import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const PNG = '89504e470d0a1a0a';

test('`npm run screenshots` makes every picture, and every picture on a page exists', async () => {
  const pictures = (await readdir(new URL('docs/images/', ROOT))).sort();
  const script = await readFile(new URL('scripts/screenshots.ts', ROOT), 'utf8');
  const made = [...script.matchAll(/photograph\(\s*'([\w-]+)'|\$\{FOLDER\}([\w-]+)\.png/g)];
  expect(pictures).toEqual(made.map(([, name, other]) => `${name ?? other}.png`).sort());
  for (const picture of pictures) {
    const content = await readFile(new URL(`docs/images/${picture}`, ROOT));
    expect(content.subarray(0, 8).toString('hex'), picture).toBe(PNG);
  }
  const pages = ['README.md', ...(await readdir(new URL('docs/', ROOT))).map((name) => `docs/${name}`)];
  const texts = await Promise.all(
    pages.filter((page) => page.endsWith('.md')).map((page) => readFile(new URL(page, ROOT), 'utf8')),
  );
  const shown = texts.flatMap((text) => [...text.matchAll(/!\[[^\]]+\]\((?:docs\/)?images\/([^)]+)\)/g)]);
  expect(shown.length).toBeGreaterThan(0);
  expect(pictures).toEqual(expect.arrayContaining(shown.map(([, name]) => name)));
});
