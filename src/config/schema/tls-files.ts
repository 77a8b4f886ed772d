import { text } from './scalars.ts';

/** Keys of a TLS client; files are PEM, their paths relative to the configuration file. */
export const tlsFileKeys = {
  ca_file: text().optional().describe('The certificate authorities to trust, in place of the usual ones.'),
  cert_file: text().optional().describe('The certificate to present; needs `key_file`.'),
  key_file: text().optional().describe('The private key of `cert_file`.'),
};
