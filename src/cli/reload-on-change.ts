import { unwatchFile, watchFile } from 'node:fs';
import type { Environment } from '../config/environment.ts';
import { loadConfig } from '../config/load.ts';
import { formatProblem } from '../config/problem.ts';
import type { Gateway } from '../gateway.ts';

/** Milliseconds between two looks at the file. A look follows links, so that a ConfigMap's swap of them is seen. */
const INTERVAL = 1_000;

/** Reloads on SIGHUP and when the file changes, one after the other; a file with problems changes nothing. */
export function reloadOnChange(gateway: Gateway, file: string, env: Environment): Disposable {
  let last = Promise.resolve();
  const reload = () => {
    last = last
      .then(async () => {
        const result = await loadConfig(file, { env });
        if (result.ok) await gateway.reload(result.config);
        else gateway.rejectReload(result.problems.map(formatProblem));
      })
      .catch((error: unknown) => gateway.rejectReload([String(error)]));
  };
  process.on('SIGHUP', reload);
  watchFile(file, { interval: INTERVAL, persistent: false }, reload);
  return {
    [Symbol.dispose]() {
      process.off('SIGHUP', reload);
      unwatchFile(file, reload);
    },
  };
}
