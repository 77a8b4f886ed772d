import { fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import type { LoadOptions, LoadResult } from './load.ts';
import type { UpstreamOptions } from './upstream-config.ts';

/** Where a configuration comes from: a file, or the command line alone. */
export type ConfigSource = { readonly file: string; readonly options: LoadOptions } | UpstreamOptions;

// As source and compiled, the file of the process has the suffix of this one.
const MODULE = new URL(`./load-process${extname(import.meta.url)}`, import.meta.url);

/**
 * Reads and validates a configuration in a process of its own: a large file takes seconds, in which this one goes on to
 * serve, and all the memory that it takes is given back. Throws where that process ends without a result, as for bugs.
 */
export async function loadConfigApart(
  source: ConfigSource,
  // The parser leaves much behind, and half of the time would go into collecting it.
  nodeArgs: readonly string[] = ['--max-semi-space-size=64'],
): Promise<LoadResult> {
  const child = fork(MODULE, {
    execArgv: [...process.execArgv, ...nodeArgs],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = new AbortController();
  child.once('exit', (status, signal) => {
    ended.abort(
      new Error(`the process that reads the configuration ended by ${signal ?? `status ${status}`}`),
    );
  });
  child.send(source);
  try {
    const [result] = (await once(child, 'message', { signal: ended.signal })) as [LoadResult];
    return result;
  } catch (error) {
    throw ended.signal.aborted ? ended.signal.reason : error;
  } finally {
    child.kill('SIGKILL');
  }
}
