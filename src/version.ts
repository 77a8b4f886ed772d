import { readFileSync } from 'node:fs';

// Read, not imported: the compiled file is in a different folder at the same depth.
const packageJson = readFileSync(new URL('../package.json', import.meta.url), 'utf8');

/** The version of the package. */
export const VERSION: string = JSON.parse(packageJson).version;
