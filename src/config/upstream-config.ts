import { buildConfig } from './build-config.ts';
import { Findings } from './findings.ts';
import type { LoadResult } from './load.ts';
import { formatPath, type ValuePath } from './problem.ts';
import { readTlsFiles } from './read-tls-files.ts';
import { validateConfig } from './validate.ts';

/** The options of `serve --upstream`, as typed. */
export type UpstreamOptions = {
  readonly upstream: string;
  readonly mode?: string | undefined;
  readonly listen?: string | undefined;
  readonly admin?: string | undefined;
  readonly redis?: string | undefined;
  /** A file, relative to the working directory. */
  readonly ca?: string | undefined;
  readonly publicUrl?: string | undefined;
};

/** The name of the only issuer. */
const ISSUER = 'default';

const OPTIONS = new Map([
  ['issuers[0].upstream.url', '--upstream'],
  ['issuers[0].unlisted_clients.mode', '--mode'],
  ['issuers[0].public_url', '--public-url'],
  ['listen.address', '--listen'],
  ['admin.address', '--admin'],
  ['store.redis.url', '--redis'],
  ['issuers[0].upstream.tls.ca_file', '--ca'],
]);

/** The configuration for one upstream without a file. Its problems name the option. */
export async function configFromUpstream(options: UpstreamOptions): Promise<LoadResult> {
  const { upstream, mode, listen, admin, redis, ca, publicUrl } = options;
  const raw = {
    ...(listen !== undefined && { listen: { address: listen } }),
    ...(admin !== undefined && { admin: { address: admin } }),
    ...(redis !== undefined && { store: { kind: 'redis', redis: { url: redis } } }),
    issuers: [
      {
        name: ISSUER,
        upstream: { url: upstream, ...(ca !== undefined && { tls: { ca_file: ca } }) },
        ...(publicUrl !== undefined && { public_url: publicUrl }),
        ...(mode !== undefined && { unlisted_clients: { mode } }),
      },
    ],
  };
  const findings = new Findings(() => undefined, optionOf);
  const { file, valid } = validateConfig(raw, findings);
  const tls = await readTlsFiles(valid, '.', findings);
  const { problems, warnings } = findings;
  if (file === undefined || problems.length > 0) return { ok: false, problems, warnings, files: new Map() };
  return { ok: true, config: buildConfig(file, tls), files: new Map(), warnings };
}

function optionOf(path: ValuePath): string {
  const text = formatPath(path);
  return OPTIONS.get(text) ?? text;
}
