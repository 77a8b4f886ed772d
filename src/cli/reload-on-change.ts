import { setInterval } from 'node:timers/promises';
import type { Environment } from '../config/environment.ts';
import { type FileMarks, markOf } from '../config/file-reader.ts';
import { loadConfigApart } from '../config/load-apart.ts';
import { formatProblem } from '../config/problem.ts';
import type { Gateway } from '../gateway.ts';

/** Milliseconds between two checks of the files. Checks follow links, so that the swap of a ConfigMap is noticed. */
const INTERVAL = 1_000;

/**
 * Reloads on SIGHUP and when the file, or a file that it refers to, changes; one reload at a time. A file with problems
 * changes nothing. `files`: their marks from when the configuration in force was read, which may be a while ago.
 */
export function reloadOnChange(
  gateway: Gateway,
  file: string,
  files: FileMarks,
  env: Environment,
): Disposable {
  let known = files;
  let last = Promise.resolve();
  const reload = () => {
    last = last
      .then(async () => {
        known = await marksOf(known.keys());
        const result = await loadConfigApart({ file, options: { env, isReload: true } });
        if (result.ok) {
          known = result.files;
          await gateway.reload(result.config, result.warnings.map(formatProblem));
        } else {
          // The corrected file may be one that the configuration in force does not refer to.
          known = new Map([...known, ...result.files]);
          gateway.rejectReload(result.problems.map(formatProblem));
        }
      })
      .catch((error: unknown) => gateway.rejectReload([(error as Error).message]));
  };
  // Not fs.watchFile: it would miss a change between reading the file and the start of watching.
  const over = new AbortController();
  const watch = async () => {
    for await (const _ of setInterval(INTERVAL, undefined, { signal: over.signal, ref: false })) {
      await last;
      if (await hasChanged(known)) reload();
    }
  };
  watch().catch(() => {});
  process.on('SIGHUP', reload);
  return {
    [Symbol.dispose]() {
      process.off('SIGHUP', reload);
      over.abort();
    },
  };
}

async function marksOf(paths: Iterable<string>): Promise<FileMarks> {
  const marks = new Map<string, string>();
  for (const path of paths) marks.set(path, await markOf(path));
  return marks;
}

async function hasChanged(files: FileMarks): Promise<boolean> {
  for (const [path, mark] of files) if ((await markOf(path)) !== mark) return true;
  return false;
}
