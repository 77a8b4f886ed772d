import { z } from 'zod';
import { file, secret } from './scalars.ts';

export const certificate = file((content) =>
  /-----BEGIN (TRUSTED )?CERTIFICATE-----/.test(content) ? undefined : 'has no PEM certificate',
);

const keyFile = secret(file((content) => (content === '' ? 'is empty' : undefined)));

export function clientTls<const S extends z.ZodRawShape>(further: S) {
  return z
    .strictObject({
      ca_file: certificate
        .optional()
        .describe('The certificate authorities to trust instead of the usual ones.'),
      cert_file: certificate.optional().describe('The certificate to present; needs `key_file`.'),
      key_file: keyFile.optional().describe('The private key of `cert_file`.'),
      ...further,
    })
    .meta({ dependentRequired: { cert_file: ['key_file'], key_file: ['cert_file'] } });
}

export const serverTlsSchema = z.strictObject({
  cert_file: certificate.describe('The certificate and its chain.'),
  key_file: keyFile.describe('The private key of `cert_file`.'),
});
