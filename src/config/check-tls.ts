import { createSecureContext } from 'node:tls';
import type { FileSettings, TlsFiles } from './config.ts';
import type { Diagnostics } from './diagnostics.ts';
import type { ValuePath } from './problem.ts';
import type { Draft } from './settings.ts';

/** Checks that certificates and keys match. */
export function checkTls(
  { listen, admin, store, issuers = [] }: Draft<FileSettings>,
  diagnostics: Diagnostics,
): void {
  checkPair(listen?.tls, ['listen', 'tls'], diagnostics);
  checkPair(admin?.tls, ['admin', 'tls'], diagnostics);
  checkPair(store?.redis?.tls, ['store', 'redis', 'tls'], diagnostics);
  for (const [index, issuer] of issuers.entries()) {
    checkPair(issuer?.upstream?.tls, ['issuers', index, 'upstream', 'tls'], diagnostics);
  }
}

function checkPair(tls: TlsFiles | undefined, path: ValuePath, diagnostics: Diagnostics): void {
  if (tls === undefined) return;
  if ('cert' in tls !== 'key' in tls)
    diagnostics.problem(path, 'cert_file and key_file must be set together');
  const { cert, key } = tls;
  if (cert === undefined || key === undefined) return;
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    diagnostics.problem([...path, 'cert_file'], `does not match key_file: ${why}`);
  }
}
