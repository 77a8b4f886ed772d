import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CACHE } from './install/install.ts';

/** The data that a test passes to the reporter. */
export type Tried = {
  /** Name and requested release. */
  readonly id: string;
  readonly product: string;
  readonly version: string;
  readonly shows: string;
  /** What its comparison ignores, in words. */
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
  /** The reason why it was not run. */
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
