import { fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import type { LoadOptions, LoadResult } from './load.ts';
import type { UpstreamOptions } from './upstream-config.ts';

/** Where a configuration comes from: a file, or the command line alone. */
export type ConfigSource = { readonly file: string; readonly options: LoadOptions } | UpstreamOptions;

// As source and compiled, the file of the process has the suffix of this one.
const MODULE = new URL(`./load-process${extname(import.meta.url)}`, import.meta.url);

/** A second inspector would want the same port, or wait for a debugger that never comes. */
const INSPECTOR = /^--inspect(-brk|-wait|-port)?(=|$)/;

/**
 * Reads and validates a configuration in a process of its own: a large file takes seconds, in which this one goes on to
 * serve, and all the memory that it takes is given back. Throws where there is no such process, or none any more.
 */
export async function loadConfigApart(
  source: ConfigSource,
  // The parser leaves much behind, and half of the time would go into collecting it.
  nodeArgs: readonly string[] = ['--max-semi-space-size=64'],
): Promise<LoadResult> {
  const child = fork(MODULE, {
    execArgv: [...process.execArgv.filter((argument) => !INSPECTOR.test(argument)), ...nodeArgs],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = new AbortController();
  const fail = (cause: Error) =>
    ended.abort(new Error(`the configuration cannot be read: ${cause.message}`, { cause }));
  // One that cannot be started may say so more than once, also when nobody waits for it any more.
  child.on('error', fail);
  child.once('exit', (status, signal) =>
    fail(new Error(`its process ended by ${signal ?? `status ${status}`}`)),
  );
  try {
    // Without a file descriptor to spare, there is no channel to it.
    if (child.connected) child.send(source, (error) => error && fail(error));
    const [result] = (await once(child, 'message', { signal: ended.signal })) as [LoadResult];
    return result;
  } catch (error) {
    throw ended.signal.aborted ? ended.signal.reason : error;
  } finally {
    child.kill('SIGKILL');
  }
}
