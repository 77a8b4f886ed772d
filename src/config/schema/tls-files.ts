import { z } from 'zod';
import { file, type Parsed, secret } from './scalars.ts';

export function clientTls<const S extends z.ZodRawShape>(further: S) {
  return z
    .strictObject({
      ca_file: file(parseCertificate)
        .optional()
        .describe('The certificate authorities to trust instead of the usual ones.'),
      cert_file: file(parseCertificate).optional().describe('The certificate to present; needs `key_file`.'),
      key_file: keyFile().optional().describe('The private key of `cert_file`.'),
      ...further,
    })
    .meta({ dependentRequired: { cert_file: ['key_file'], key_file: ['cert_file'] } });
}

export const serverTlsSchema = z.strictObject({
  cert_file: file(parseCertificate).describe('The certificate and its chain.'),
  key_file: keyFile().describe('The private key of `cert_file`.'),
});

function keyFile() {
  return secret(file((content) => (content === '' ? { problem: 'is empty' } : { value: content })));
}

export function parseCertificate(content: string): Parsed<string> {
  return /-----BEGIN (TRUSTED )?CERTIFICATE-----/.test(content)
    ? { value: content }
    : { problem: 'has no PEM certificate' };
}
