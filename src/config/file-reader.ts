import { open, stat } from 'node:fs/promises';

/**
 * The file and those that it refers to (included files and their folders, secrets, certificates), each with its mark from just
 * before it was read. If the mark is different now, the file has changed.
 */
export type FileMarks = ReadonlyMap<string, string>;

/** A text, or why it could not be read. `exposure`: a warning, if it is a secret. */
export type FileContent =
  | { readonly text: string; readonly exposure: string | undefined }
  | { readonly failure: string };

export const LARGEST_CONFIG = 64 * 1024 * 1024;
const LARGEST = 1024 * 1024;
const READABLE_BY_OTHERS = 0o004;

/** Reads files, and remembers the mark that each had before. */
export class FileReader {
  readonly marks = new Map<string, string>();

  async read(file: string, largest = LARGEST): Promise<FileContent> {
    await this.watch(file);
    try {
      await using handle = await open(file, 'r');
      const facts = await handle.stat();
      // Reading a device such as /dev/zero would never end.
      if (!facts.isFile() && !facts.isFIFO()) return { failure: 'it is not a regular file' };
      if (facts.size > largest) return { failure: `it is larger than ${largest / 1024 / 1024} MiB` };
      const text = new TextDecoder('utf-8', { fatal: true }).decode(await handle.readFile());
      const isExposed = facts.isFile() && (facts.mode & READABLE_BY_OTHERS) !== 0;
      const exposure = isExposed ? `every user of this machine can read ${file}: run chmod o-r` : undefined;
      return { text, exposure };
    } catch (error) {
      return { failure: describeFailure(error) };
    }
  }

  /** Records the mark of a file or folder before it is read. */
  async watch(file: string): Promise<void> {
    if (!this.marks.has(file)) this.marks.set(file, await markOf(file));
  }
}

/** Identifies the current version of a file or folder: a different mark means that it has changed. Links are followed. */
export async function markOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

const FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'the file does not exist',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a directory',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8 text',
};

function describeFailure(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? String(error) : (FAILURES[code] ?? code);
}
