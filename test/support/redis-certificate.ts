import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TlsFiles } from '../../src/config/config.ts';

export type CertificateFiles = {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
};

/** A self-signed certificate for servers and clients. */
export type TestCertificate = AsyncDisposable & {
  readonly files: CertificateFiles;
  /** The same in a client's configuration. */
  readonly tls: TlsFiles;
};

/** Names as in `DNS:localhost` or `IP:127.0.0.1`. */
export async function createCertificate(...names: readonly string[]): Promise<TestCertificate> {
  const directory = await mkdtemp(join(tmpdir(), 'pkce-gateway-tls-'));
  const certFile = join(directory, 'cert.pem');
  const keyFile = join(directory, 'key.pem');
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-addext', `subjectAltName=${names.join(',')}`],
    ...['-keyout', keyFile, '-out', certFile],
  ]);
  const cert = await readFile(certFile, 'utf8');
  return {
    files: { caFile: certFile, certFile, keyFile },
    tls: { ca: cert, cert, key: await readFile(keyFile, 'utf8') },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
