import { access, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { NotInstallable } from './not-installable.ts';

/** The folder of products between runs. */
export const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pkce-gateway/servers');

export async function installationFolder(name: string): Promise<string> {
  const folder = join(CACHE, name);
  await mkdir(folder, { recursive: true });
  return folder;
}

export function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Any failure of a download or build means that this machine cannot install the product. */
export async function orNotInstallable<T>(what: string, install: () => Promise<T>): Promise<T> {
  try {
    return await install();
  } catch (cause) {
    if (cause instanceof NotInstallable) throw cause;
    const [firstLine = '', ...rest] = String((cause as Error).message).split('\n');
    const lastLine = rest.filter((line) => line.trim() !== '').at(-1) ?? '';
    throw new NotInstallable(`${what}: ${firstLine} ${lastLine}`.trim(), { cause });
  }
}
