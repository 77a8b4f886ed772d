import { execFile } from 'node:child_process';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Stage } from './dockerfile.ts';

const CONTEXT = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

/**
 * Executes the instructions of the Dockerfile in a folder for each stage: COPY from files that .dockerignore allows and
 * from earlier stages, RUN with the shell. The base images are missing: Node.js and npm are this machine's. Returns the
 * folder of the last stage.
 */
export async function buildImageTree(stages: readonly Stage[], directory: string): Promise<string> {
  const allowed = await readAllowList();
  let root = '';
  for (const [index, { name, instructions }] of stages.entries()) {
    root = join(directory, name ?? String(index));
    let workdir = root;
    for (const { name: instruction, text } of instructions) {
      if (instruction === 'WORKDIR') workdir = join(root, text);
      await mkdir(workdir, { recursive: true });
      if (instruction === 'RUN') await run('sh', ['-c', text], { cwd: workdir, env: buildEnvironment() });
      if (instruction === 'COPY') {
        const [, from, words = ''] = /^(?:--from=(\S+) )?(.*)$/.exec(text) ?? [];
        const paths = words.split(' ');
        const target = join(workdir, paths.at(-1) ?? '.');
        for (const path of paths.slice(0, -1)) {
          if (from === undefined && !allowed.has(path.split('/', 1)[0] ?? ''))
            throw new Error(`.dockerignore keeps ${path} out`);
          const source = from === undefined ? join(CONTEXT, path) : join(directory, from, path);
          // Files are copied into a folder under their name, a folder becomes the target.
          const isFile = words.endsWith('/');
          await cp(source, isFile ? join(target, basename(path)) : target, { recursive: true });
        }
      }
    }
  }
  return root;
}

/** .dockerignore, which excludes everything except the named files. */
async function readAllowList(): Promise<ReadonlySet<string>> {
  const lines = (await readFile(join(CONTEXT, '.dockerignore'), 'utf8'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines[0] !== '*' || !lines.slice(1).every((line) => /^![\w.-]+$/.test(line))) {
    throw new Error('.dockerignore is no list of what is allowed');
  }
  return new Set(lines.slice(1).map((line) => line.slice(1)));
}

/** As in a base image, where npm is not run by another npm. */
function buildEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_package|npm_lifecycle|NODE_)/.test(name),
  );
  return { ...Object.fromEntries(inherited), npm_config_prefer_offline: 'true' };
}
