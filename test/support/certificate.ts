import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const SUBJECT = [
  '-subj',
  '/CN=localhost',
  '-addext',
  'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1',
  '-days',
  '2',
  '-nodes',
];
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];

/** Writes a new self-signed certificate for localhost and its key, with openssl. */
export async function writeCertificate(certFile: string, keyFile: string): Promise<void> {
  await promisify(execFile)('openssl', [
    'req',
    '-x509',
    ...KEY,
    ...SUBJECT,
    '-keyout',
    keyFile,
    '-out',
    certFile,
  ]);
}
