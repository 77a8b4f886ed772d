import { fork } from 'node:child_process';
import { on } from 'node:events';
import { extname } from 'node:path';
import type { Config } from './config.ts';
import { addPart, type ConfigPart } from './config-parts.ts';
import type { LoadOptions, LoadResult } from './load.ts';
import type { UpstreamOptions } from './upstream-config.ts';

/** The source of a configuration: a file, or the command line alone. */
export type ConfigSource = { readonly file: string; readonly options: LoadOptions } | UpstreamOptions;

/** From the process that reads: the parts of a configuration and then the rest of the result, or a failure. */
export type LoadMessage =
  | ConfigPart
  | Omit<Extract<LoadResult, { ok: true }>, 'config'>
  | Extract<LoadResult, { ok: false }>;

// The file of the process has the suffix of this one, both as source and compiled.
const MODULE = new URL(`./load-process${extname(import.meta.url)}`, import.meta.url);

/** A second inspector would need the same port, or wait for a debugger forever. */
const INSPECTOR = /^--inspect(-brk|-wait|-port)?(=|$)/;

/**
 * Reads and validates a configuration in a separate process: a large file takes seconds, during which this process continues
 * to serve, and all the memory is returned at the end. Throws if the process cannot be started or ends early.
 */
export async function loadConfigApart(source: ConfigSource): Promise<LoadResult> {
  const child = fork(MODULE, {
    execArgv: process.execArgv.filter((argument) => !INSPECTOR.test(argument)),
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = new AbortController();
  const fail = (cause: Error) =>
    ended.abort(new Error(`the configuration cannot be read: ${cause.message}`, { cause }));
  // A process that cannot be started may emit several errors, even after the caller stopped waiting.
  child.on('error', fail);
  child.once('exit', (status, signal) =>
    fail(new Error(`its process ended by ${signal ?? `status ${status}`}`)),
  );
  try {
    // Without a free file descriptor, there is no channel to it.
    if (child.connected) child.send(source, (error) => error && fail(error));
    let config: Config | undefined;
    for await (const [received] of on(child, 'message', { signal: ended.signal })) {
      const message: LoadMessage = received;
      if (!('ok' in message)) config = addPart(config, message);
      else if (!message.ok) return message;
      else if (config !== undefined) return { ...message, config };
    }
    throw new Error('no message ends the configuration');
  } catch (error) {
    throw ended.signal.aborted ? ended.signal.reason : error;
  } finally {
    child.kill('SIGKILL');
  }
}
