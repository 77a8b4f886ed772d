import { literalPath } from '../config/schema/paths.ts';
import { httpOrigin } from '../config/schema/uris.ts';
import type { UpstreamOptions } from '../config/upstream-config.ts';
import { documentsOf, parseMetadataPath } from '../oauth/metadata-paths.ts';
import { METADATA_PATHS } from '../upstream/discovery.ts';
import { type ParsedOptions, settingOption } from './options.ts';

/** Where servers without metadata at the root keep it: AD FS, WSO2, OpenAM and its successors. */
const USUAL_HOMES = ['/adfs', '/oauth2/token', '/openam/oauth2', '/am/oauth2'];

/** `--upstream` (an origin, an issuer identifier, or the discovery document itself) and the options beside it. */
export function readUpstreamOptions(options: ParsedOptions): UpstreamOptions | undefined {
  const { upstream, mode, listen, admin, redis, ca, 'public-url': publicUrl } = options;
  if (upstream === undefined) return undefined;
  const [, origin = upstream, rest = ''] = /^(https?:\/\/[^/?#]*)(\/[^?#]*)?$/i.exec(upstream) ?? [];
  const path = parseMetadataPath(rest)?.issuerPath ?? rest.replace(/\/+$/, '');
  const server = settingOption('upstream', httpOrigin, origin);
  settingOption('upstream', literalPath, path || '/');
  return {
    upstream: server,
    discovery: metadataPlaces(path),
    mode,
    listen,
    admin,
    redis,
    ca,
    publicUrl,
  };
}

/** Most likely first. Of an issuer with a path, only its own: a document at the root may be that of another issuer. */
function metadataPlaces(path: string): string[] {
  if (path !== '') return [...new Set(documentsOf(path))];
  return [...METADATA_PATHS, ...USUAL_HOMES.map((home) => `${home}/.well-known/openid-configuration`)];
}
