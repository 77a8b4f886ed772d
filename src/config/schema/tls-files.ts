import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import type { TlsFiles } from '../config.ts';
import type { Diagnostics } from '../diagnostics.ts';
import { withRule } from './rule.ts';
import { file, type Parsed, secret } from './scalars.ts';

/** A TLS client: PEM files, and further keys. */
export function clientTls<const S extends z.ZodRawShape>(further: S) {
  const schema = z
    .strictObject({
      ca_file: file(parseCertificate)
        .optional()
        .describe('The certificate authorities to trust instead of the usual ones.'),
      cert_file: file(parseCertificate).optional().describe('The certificate to present; needs `key_file`.'),
      key_file: keyFile().optional().describe('The private key of `cert_file`.'),
      ...further,
    })
    .meta({ dependentRequired: { cert_file: ['key_file'], key_file: ['cert_file'] } });
  return withRule(schema, (tls, diagnostics) => checkPair(tls as TlsFiles, diagnostics));
}

/** A TLS server: PEM files. */
export function serverTls() {
  const schema = z.strictObject({
    cert_file: file(parseCertificate).describe('The certificate and its chain.'),
    key_file: keyFile().describe('The private key of `cert_file`.'),
  });
  return withRule(schema, checkPair);
}

function keyFile() {
  return secret(file((content) => (content === '' ? { problem: 'is empty' } : { value: content })));
}

export function parseCertificate(content: string): Parsed<string> {
  return /-----BEGIN (TRUSTED )?CERTIFICATE-----/.test(content)
    ? { value: content }
    : { problem: 'has no PEM certificate' };
}

/** Certificate and key must match. */
function checkPair(tls: TlsFiles, diagnostics: Diagnostics): void {
  if ('cert' in tls !== 'key' in tls) diagnostics.problem([], 'cert_file and key_file must be set together');
  const { cert, key } = tls;
  if (cert === undefined || key === undefined) return;
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    diagnostics.problem(['cert_file'], `does not match key_file: ${why}`);
  }
}
