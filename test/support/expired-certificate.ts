import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const AUTHORITY = `[ca]
default_ca = here
[here]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
`;

/** A self-signed certificate for localhost that expired years ago. `directory` must be empty. */
export async function createExpiredCertificate(
  directory: string,
): Promise<{ cert: string; key: string; certFile: string }> {
  await mkdir(directory, { recursive: true });
  const run = (...args: string[]) => promisify(execFile)('openssl', args, { cwd: directory });
  for (const [name, text] of [
    ['ca.conf', AUTHORITY],
    ['index.txt', ''],
    ['serial', '01\n'],
  ] as const) {
    await writeFile(join(directory, name), text);
  }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  await run('req', '-new', ...key, ...names, '-out', 'request.pem');
  const days = ['-startdate', '20200101000000Z', '-enddate', '20210101000000Z'];
  const signed = ['-batch', '-selfsign', '-in', 'request.pem', '-keyfile', 'key.pem', '-out', 'cert.pem'];
  await run('ca', '-config', 'ca.conf', ...signed, '-notext', ...days);
  const certFile = join(directory, 'cert.pem');
  return {
    cert: await readFile(certFile, 'utf8'),
    key: await readFile(join(directory, 'key.pem'), 'utf8'),
    certFile,
  };
}
