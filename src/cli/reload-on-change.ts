import { unwatchFile, watchFile } from 'node:fs';
import type { Environment } from '../config/environment.ts';
import { loadConfigApart } from '../config/load-apart.ts';
import { formatProblem } from '../config/problem.ts';
import type { Gateway } from '../gateway.ts';

/** Milliseconds between two looks at the file. A look follows links, so that a ConfigMap's swap of them is seen. */
const INTERVAL = 1_000;

/**
 * Reloads on SIGHUP and when the file, or one that it points to, changes, one after the other; a file with problems
 * changes nothing. `files`: those that the configuration in force points to.
 */
export function reloadOnChange(
  gateway: Gateway,
  file: string,
  files: readonly string[],
  env: Environment,
): Disposable {
  let last = Promise.resolve();
  const reload = () => {
    last = last
      .then(async () => {
        const result = await loadConfigApart(file, { env });
        if (result.ok) {
          watch(result.files);
          await gateway.reload(result.config);
        } else {
          // What is mended may be a file that the configuration in force does not point to.
          watch([...watched, ...result.files]);
          gateway.rejectReload(result.problems.map(formatProblem));
        }
      })
      .catch((error: unknown) => gateway.rejectReload([(error as Error).message]));
  };
  const watched = new Set<string>();
  const watch = (pointedTo: readonly string[]) => {
    const wanted = new Set([file, ...pointedTo]);
    for (const gone of watched.difference(wanted)) unwatchFile(gone, reload);
    for (const fresh of wanted.difference(watched)) {
      watchFile(fresh, { interval: INTERVAL, persistent: false }, reload);
    }
    watched.clear();
    for (const path of wanted) watched.add(path);
  };
  process.on('SIGHUP', reload);
  watch(files);
  return {
    [Symbol.dispose]() {
      process.off('SIGHUP', reload);
      for (const path of watched) unwatchFile(path, reload);
    },
  };
}
