import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { TlsFiles } from './config.ts';
import type { Findings } from './findings.ts';
import { formatPath, type ValuePath } from './problem.ts';
import { readPublicFile, readSecretFile } from './read-small-file.ts';
import type { FileConfig } from './schema/gateway.ts';
import type { ValidPart } from './valid-part.ts';

/** PEM texts by the path of the `tls` key that names their files. */
export type TlsTexts = ReadonlyMap<string, TlsFiles>;

type TlsEntry = { readonly [K in 'ca_file' | 'cert_file' | 'key_file']?: string | undefined };

export async function readTlsFiles(
  { listen, admin, store, issuers = [] }: ValidPart<FileConfig>,
  directory: string,
  findings: Findings,
): Promise<TlsTexts> {
  const entries: { path: ValuePath; tls: TlsEntry | undefined }[] = [
    { path: ['listen', 'tls'], tls: listen?.tls },
    { path: ['admin', 'tls'], tls: admin?.tls },
    { path: ['store', 'redis', 'tls'], tls: store?.redis?.tls },
    ...issuers.map((issuer, index) => ({
      path: ['issuers', index, 'upstream', 'tls'],
      tls: issuer?.upstream?.tls,
    })),
  ];
  const texts = new Map<string, TlsFiles>();
  for (const { path, tls } of entries) {
    if (tls !== undefined) texts.set(formatPath(path), await readOne(tls, path, directory, findings));
  }
  return texts;
}

async function readOne(
  tls: TlsEntry,
  path: ValuePath,
  directory: string,
  findings: Findings,
): Promise<TlsFiles> {
  if ('cert_file' in tls !== 'key_file' in tls) {
    findings.problem(path, 'cert_file and key_file need each other');
  }
  const fileOf = (key: keyof TlsEntry) => (tls[key] === undefined ? undefined : resolve(directory, tls[key]));
  const [caFile, certFile, keyFile] = [fileOf('ca_file'), fileOf('cert_file'), fileOf('key_file')];
  const ca = caFile && (await readPublicFile(caFile, [...path, 'ca_file'], findings));
  const cert = certFile && (await readPublicFile(certFile, [...path, 'cert_file'], findings));
  const key = keyFile && (await readSecretFile(keyFile, [...path, 'key_file'], findings));
  if (ca !== undefined && !/-----BEGIN (TRUSTED )?CERTIFICATE-----/.test(ca)) {
    findings.problem([...path, 'ca_file'], `${caFile} has no PEM certificate`);
  }
  if (cert !== undefined && key !== undefined) {
    try {
      createSecureContext({ cert, key });
    } catch (error) {
      findings.problem(
        [...path, 'cert_file'],
        `not a certificate with its key: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
  return { ca, cert, key };
}
