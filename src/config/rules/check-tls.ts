import { createSecureContext } from 'node:tls';
import type { TlsFiles } from '../config.ts';
import type { Diagnostics } from '../diagnostics.ts';
import { redisTlsSchema } from '../schema/store.ts';
import { serverTlsSchema } from '../schema/tls-files.ts';
import { upstreamTlsSchema } from '../schema/upstream.ts';
import { withRule } from './rule.ts';

const MISMATCH = 'ERR_OSSL_X509_KEY_VALUES_MISMATCH';

/** A client needs no certificate, but one with its key. */
function checkPair(tls: TlsFiles, diagnostics: Diagnostics): void {
  if ('cert' in tls !== 'key' in tls) diagnostics.problem([], 'cert_file and key_file must be set together');
  checkMatch(tls, diagnostics);
}

function checkMatch({ cert, key }: TlsFiles, diagnostics: Diagnostics): void {
  if (cert === undefined || key === undefined) return;
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === MISMATCH ? 'the first certificate of the file must be the one of this key' : (code ?? message);
    diagnostics.problem(['cert_file'], `does not match key_file: ${why}`);
  }
}

withRule(serverTlsSchema, checkMatch);
withRule(upstreamTlsSchema, checkPair);
withRule(redisTlsSchema, checkPair);
