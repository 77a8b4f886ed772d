import { once } from 'node:events';
import { extname } from 'node:path';
import { type ResourceLimits, Worker } from 'node:worker_threads';
import type { LoadOptions, LoadResult } from './load.ts';

export type LoadThreadData = { readonly file: string; readonly options: LoadOptions };

// As source and compiled, the file of the thread has the suffix of this one.
const THREAD = new URL(`./load-thread${extname(import.meta.url)}`, import.meta.url);

/**
 * Reads and validates a configuration file in a thread of its own: a large file takes seconds, in which this one goes on to
 * serve. Throws for bugs, and where memory is short.
 */
export async function loadConfigApart(
  file: string,
  { env, ...options }: LoadOptions,
  // The parser leaves much behind, and half of the time would go into collecting it.
  resourceLimits: ResourceLimits = { maxYoungGenerationSizeMb: 128 },
): Promise<LoadResult> {
  const workerData: LoadThreadData = { file, options: { ...options, env: { ...env } } };
  const thread = new Worker(THREAD, { workerData, resourceLimits });
  try {
    const [result] = (await once(thread, 'message')) as [LoadResult];
    return result;
  } finally {
    await thread.terminate();
  }
}
