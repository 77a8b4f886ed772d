import { open } from 'node:fs/promises';
import type { Findings } from './findings.ts';
import type { ValuePath } from './problem.ts';

const LARGEST = 1024 * 1024;
const READABLE_BY_OTHERS = 0o004;

/** The text of a file that holds a secret; `undefined`, and a problem at `path`, where it cannot be read. */
export function readSecretFile(
  file: string,
  path: ValuePath,
  findings: Findings,
): Promise<string | undefined> {
  return readSmallFile(file, { path, secret: true }, findings);
}

/** The same for what is no secret, such as a certificate. */
export function readPublicFile(
  file: string,
  path: ValuePath,
  findings: Findings,
): Promise<string | undefined> {
  return readSmallFile(file, { path, secret: false }, findings);
}

async function readSmallFile(
  file: string,
  { path, secret }: { path: ValuePath; secret: boolean },
  findings: Findings,
): Promise<string | undefined> {
  await findings.pointsTo(file);
  try {
    await using handle = await open(file, 'r');
    const stat = await handle.stat();
    // Devices and directories: /dev/zero would be read for ever.
    if (!stat.isFile() && !stat.isFIFO()) {
      findings.problem(path, `${file} is not a file`);
      return undefined;
    }
    if (stat.size > LARGEST) {
      findings.problem(path, `${file} is larger than 1 MiB`);
      return undefined;
    }
    if (secret && stat.isFile() && (stat.mode & READABLE_BY_OTHERS) !== 0) {
      findings.warning(path, `every user of this machine can read ${file}: chmod o-r`);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(await handle.readFile());
  } catch (error) {
    findings.problem(path, `cannot read ${file}: ${readFailure(error)}`);
    return undefined;
  }
}

/** What a system error means to an operator. */
export function readFailure(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'no such file';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EISDIR':
      return 'it is a directory';
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return 'not UTF-8 text';
    default:
      return typeof code === 'string' ? code : String(error);
  }
}
