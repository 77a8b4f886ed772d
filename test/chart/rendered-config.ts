import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FinishedCommand, runCommand } from '../support/process.ts';
import { createCertificate } from '../support/redis-certificate.ts';

type PodSpec = {
  readonly containers: readonly [
    {
      readonly env?: readonly { readonly name: string; readonly value?: string }[];
      readonly volumeMounts: readonly { readonly mountPath: string }[];
    },
  ];
};

const SECRETS = '/run/secrets/pkce-gateway';

/** Runs `check` on a configuration as in the pod: only with the variables and mounted secrets of its manifest. */
export async function checkConfig(config: string, pod: PodSpec, directory: string): Promise<FinishedCommand> {
  const [{ env = [], volumeMounts }] = pod.containers;
  const mounts = volumeMounts.filter(({ mountPath }) => mountPath.startsWith(`${SECRETS}/`));
  await using certificate = await createCertificate('DNS:idp.identity');
  const { certFile, keyFile } = certificate.files;
  for (const { mountPath } of mounts) {
    const mounted = mountPath.replace(SECRETS, directory);
    await mkdir(mounted);
    await copyFile(certFile, join(mounted, 'ca.crt'));
    await copyFile(certFile, join(mounted, 'tls.crt'));
    await copyFile(keyFile, join(mounted, 'tls.key'));
    await writeFile(join(mounted, 'secret'), 'a-secret\n');
    await writeFile(join(mounted, 'key'), `${randomBytes(32).toString('base64url')}\n`);
  }
  const file = join(directory, 'gateway.yaml');
  await writeFile(file, config.replaceAll(SECRETS, directory));
  // Only those from Secrets: the others are for Node.js, and name files of the pod.
  const variables = Object.fromEntries(
    env.filter(({ value }) => value === undefined).map(({ name }) => [name, 'a-secret']),
  );
  return runCommand(['check', '--config', file], { env: variables });
}
