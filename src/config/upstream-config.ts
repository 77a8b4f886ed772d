import { type LoadResult, parseConfig } from './load.ts';
import { formatPath, type ValuePath } from './problem.ts';

/** The options of `serve --upstream`. */
export type UpstreamOptions = {
  readonly upstream: string;
  /** The possible locations of its metadata. Default: those of `endpoints: auto`. */
  readonly discovery?: readonly string[] | undefined;
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
  ['issuers[0].public_url', '--public-url'],
  ['listen.address', '--listen'],
  ['admin.address', '--admin'],
  ['store.redis.url', '--redis'],
  ['issuers[0].upstream.tls.ca_file', '--ca'],
]);

/** The configuration for one upstream without a file. Problems name the command-line option. */
export async function configFromUpstream(options: UpstreamOptions): Promise<LoadResult> {
  const { upstream, discovery, mode, listen, admin, redis, ca, publicUrl } = options;
  const raw = {
    listen: { address: listen },
    admin: { address: admin },
    ...(redis !== undefined && { store: { kind: 'redis', redis: { url: redis } } }),
    issuers: [
      {
        name: ISSUER,
        upstream: { url: upstream, ...(ca !== undefined && { tls: { ca_file: ca } }) },
        discovery,
        public_url: publicUrl,
        unlisted_clients: { mode },
      },
    ],
  };
  // JSON is YAML, and omits undefined values.
  return parseConfig(JSON.stringify(raw), '', { env: {}, directory: '.', pathText: optionOf });
}

function optionOf(path: ValuePath): string {
  const text = formatPath(path);
  return OPTIONS.get(text) ?? text;
}
