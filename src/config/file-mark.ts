import { stat } from 'node:fs/promises';

/**
 * The file and those that it points to (included ones and their folders, secrets, certificates), each with its mark as of just
 * before it was read: where that is another by now, what was read is not what stands there.
 */
export type FileMarks = ReadonlyMap<string, string>;

/** What a file, or a folder, looks like from outside: another mark means that it has changed. Links are followed. */
export async function markOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  }
}
