import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CACHE } from './install/install.ts';

/** What a test tells of itself, and a reporter reads. */
export type Tried = {
  /** Name and release: what was asked for. */
  readonly id: string;
  readonly product: string;
  readonly version: string;
  readonly shows: string;
  /** What its comparison looks away from, in words. */
  readonly random: readonly string[];
  readonly route: 'enforce' | 'report' | 'sealed';
  readonly scenario: string;
};

declare module 'vitest' {
  interface TaskMeta {
    tried?: Tried;
  }
}

export type ProductResults = Pick<Tried, 'product' | 'version' | 'shows' | 'random'> & {
  /** Why it was not run. */
  readonly notRun?: string;
  readonly scenarios: readonly (Pick<Tried, 'route' | 'scenario'> & { readonly passed: boolean })[];
};

/** The last results of each product, by its id. */
export type Results = Readonly<Record<string, ProductResults>>;

/** Written by scripts/compatibility-reporter.ts, read by scripts/compatibility.ts. */
export const RESULTS_FILE = join(CACHE, 'results.json');

export async function readResults(): Promise<Results> {
  return JSON.parse(await readFile(RESULTS_FILE, 'utf8').catch(() => '{}'));
}
