import { readFileSync } from 'node:fs';

// Read, not imported: compiled, this file stands in another folder, but as deep below the package's root.
const packageJson = readFileSync(new URL('../package.json', import.meta.url), 'utf8');

/** The version of the package. */
export const VERSION: string = JSON.parse(packageJson).version;
