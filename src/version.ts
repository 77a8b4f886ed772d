import { readFileSync } from 'node:fs';

/** The folder of the package. The built program is in a different folder of it, at the same depth as this file. */
export const PACKAGE: URL = new URL('../', import.meta.url);

export const VERSION: string = JSON.parse(readFileSync(new URL('package.json', PACKAGE), 'utf8')).version;
