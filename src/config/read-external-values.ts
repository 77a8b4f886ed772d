import { resolve } from 'node:path';
import type { Environment } from './environment.ts';
import type { ExternalValue } from './external-value.ts';
import type { Findings } from './findings.ts';
import { readSecretFile } from './read-small-file.ts';

/** Reads what the configuration points to; files one after the other, for there may be many. */
export async function readExternalValues(
  values: readonly ExternalValue[],
  { env, directory }: { env: Environment; directory: string },
  findings: Findings,
): Promise<void> {
  for (const value of values) {
    if (value.kind === 'env') {
      value.text = env[value.name];
      if (value.text === undefined) {
        findings.problem(value.path, `the environment variable ${value.name} is not set`);
      }
    } else {
      const text = await readSecretFile(resolve(directory, value.name), value.path, findings);
      value.text = text?.replace(/\r?\n$/, '');
    }
  }
}
