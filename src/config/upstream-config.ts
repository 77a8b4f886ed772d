import { buildConfig } from './build-config.ts';
import { Findings } from './findings.ts';
import type { LoadResult } from './load.ts';
import { formatPath, type ValuePath } from './problem.ts';
import { validateConfig } from './validate.ts';

/** The options of `serve --upstream`, as typed. */
export type UpstreamOptions = {
  readonly upstream: string;
  readonly mode?: string | undefined;
  readonly listen?: string | undefined;
  readonly admin?: string | undefined;
  readonly redis?: string | undefined;
};

/** The name of the only issuer. */
const ISSUER = 'default';

const OPTIONS = new Map([
  ['issuers[0].upstream.url', '--upstream'],
  ['issuers[0].unlisted_clients.mode', '--mode'],
  ['listen.address', '--listen'],
  ['admin.address', '--admin'],
  ['store.redis.url', '--redis'],
]);

/** The configuration for one upstream without a file. Its problems name the option. */
export function configFromUpstream({ upstream, mode, listen, admin, redis }: UpstreamOptions): LoadResult {
  const raw = {
    ...(listen !== undefined && { listen: { address: listen } }),
    ...(admin !== undefined && { admin: { address: admin } }),
    ...(redis !== undefined && { store: { kind: 'redis', redis: { url: redis } } }),
    issuers: [
      {
        name: ISSUER,
        upstream: { url: upstream },
        ...(mode !== undefined && { unlisted_clients: { mode } }),
      },
    ],
  };
  const findings = new Findings(() => undefined, optionOf);
  const { file } = validateConfig(raw, findings);
  const { problems, warnings } = findings;
  if (file === undefined || problems.length > 0) return { ok: false, problems, warnings };
  return { ok: true, config: buildConfig(file, new Map()), files: [], warnings };
}

function optionOf(path: ValuePath): string {
  const text = formatPath(path);
  return OPTIONS.get(text) ?? text;
}
