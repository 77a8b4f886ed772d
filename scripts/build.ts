import { constants, copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

// The program as few files with everything that it imports: Node takes longer to find and load seven hundred modules than to run
// them (docs/adr/0009-container-image.md).

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const { output } = await build({
  input: { main: at('src/main.ts'), 'load-process': at('src/config/load-process.ts') },
  platform: 'node',
  transform: { target: 'node24' },
  output: {
    dir: at('dist'),
    cleanDir: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    comments: false,
  },
});

// The pages' files are read from beside the code that serves them.
for (const file of await readdir(at('src/admin/status'))) {
  if (!file.endsWith('.ts'))
    await copyFile(at(`src/admin/status/${file}`), at(`dist/${file}`), constants.COPYFILE_EXCL);
}

const packages = new Set<string>();
for (const chunk of output) {
  const modules = chunk.type === 'chunk' ? chunk.moduleIds : [];
  for (const id of modules) {
    const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0];
    if (folder !== undefined) packages.add(folder);
  }
}
const notices = await Promise.all([...packages].sort().map(noticeOf));
await writeFile(at('dist/THIRD-PARTY-LICENSES.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`));

/** The name, version and licence of a package, with the text that its licence demands to be kept. */
async function noticeOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(`${folder}/${file}`, 'utf8')));
  return `${name} ${version} (${license})\n\n${texts.join('\n')}`;
}
