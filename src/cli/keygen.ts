import { randomBytes } from 'node:crypto';
import type { CommandIo } from './command-io.ts';
import type { ParsedOptions } from './options.ts';

/** The bytes of a key in `store.sealed.keys`. */
const KEY_BYTES = 32;

/** `pkce-gateway keygen`: a new key for `store.sealed.keys`, for a secret file. */
export async function runKeygen(_options: ParsedOptions, io: CommandIo): Promise<number> {
  io.stdout(randomBytes(KEY_BYTES).toString('base64url'));
  return 0;
}
