import { parseLiteralPath } from '../config/schema/endpoint-pattern.ts';
import { parseHttpOrigin } from '../config/schema/origin.ts';
import { documentsOf, parseMetadataPath } from '../oauth/metadata-paths.ts';
import { METADATA_PATHS } from '../upstream/discovery.ts';
import { UsageError } from './options.ts';

/** The value of `--upstream`: an origin, an issuer identifier, or the discovery document itself. */
export type UpstreamOption = {
  readonly origin: string;
  /**
   * The possible places of its metadata, most likely first. Of an issuer with a path, only its own: a document at the root may
   * be that of another issuer.
   */
  readonly metadataPaths: readonly string[];
};

/** Where servers without metadata at the root keep it: AD FS, WSO2, OpenAM and its successors. */
const USUAL_HOMES = ['/adfs', '/oauth2/token', '/openam/oauth2', '/am/oauth2'];

export function readUpstreamOption(text: string): UpstreamOption {
  const [, origin = text, rest = ''] = /^(https?:\/\/[^/?#]*)(\/[^?#]*)?$/i.exec(text) ?? [];
  const path = parseMetadataPath(rest)?.issuerPath ?? rest.replace(/\/+$/, '');
  const parsed = parseHttpOrigin(origin);
  const parsedPath = parseLiteralPath(path || '/');
  if ('problem' in parsed) throw new UsageError(`--upstream: ${parsed.problem}`);
  if ('problem' in parsedPath) throw new UsageError(`--upstream: ${parsedPath.problem}`);
  const places =
    path === ''
      ? [...METADATA_PATHS, ...USUAL_HOMES.map((home) => `${home}/.well-known/openid-configuration`)]
      : documentsOf(path);
  return { origin: parsed.value, metadataPaths: [...new Set(places)] };
}
