import type { IncomingHttpHeaders } from 'node:http';
import type { EndpointPaths } from '../config/config.ts';
import { type MetadataDocument, parseMetadata } from '../oauth/metadata.ts';
import {
  allMetadataPaths,
  issuerPathOf,
  metadataPathForms,
  parseMetadataPath,
} from '../oauth/metadata-paths.ts';
import { fetchDocument } from './fetch-document.ts';
import type { UpstreamClient } from './upstream-client.ts';

/** What the gateway reads from an upstream's metadata (OpenID Connect Discovery 3, RFC 8414 2). */
export type Discovered = {
  readonly endpoints: EndpointPaths;
  readonly unjudged: UnjudgedPaths;
  /** `code_challenge_methods_supported`; empty if the metadata does not announce PKCE. */
  readonly challengeMethods: readonly string[];
  /** As written in the metadata. */
  readonly issuer: string | undefined;
  /** Whether its authorization responses name their issuer (RFC 9207 3). */
  readonly advertisesIss: boolean;
  /** How clients authenticate at the token endpoint; `undefined`: not announced. */
  readonly tokenAuthMethods: readonly string[] | undefined;
  readonly revocationAuthMethods: readonly string[] | undefined;
  /** Whether `claims_supported` lists `c_hash`: clients may compare their code with it. */
  readonly statesCodeHash: boolean;
};

/** Endpoints other than those of the code flow. */
export type UnjudgedPaths = {
  readonly jwks: string | undefined;
  readonly userinfo: string | undefined;
  readonly revocation: string | undefined;
};

/** A metadata document and its location. */
export type FoundMetadata = {
  readonly path: string;
  readonly document: MetadataDocument;
  readonly discovered: Discovered;
  readonly headers: IncomingHttpHeaders;
};

/** OpenID Connect Discovery 4, RFC 8414 3. */
export const METADATA_PATHS = [
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
] as const;

/** Reads the upstream's first metadata document at these paths. Throws a `DiscoveryFault` or an `UpstreamFault`. */
export async function findMetadata(
  upstream: UpstreamClient,
  host: string,
  places: readonly string[],
): Promise<FoundMetadata> {
  const problems: string[] = [];
  const literal = places.filter((path) => !path.includes('{'));
  const headers = ['Host', host, 'Accept', 'application/json', 'Accept-Encoding', 'identity'];
  for (const asked of new Set(literal)) {
    const { status, text, headers: answered, path } = await fetchFollowing(upstream, asked, headers);
    if (status !== 200) {
      problems.push(`${asked} answered ${status}${elsewhere(answered.location, upstream)}`);
      continue;
    }
    const document = text === undefined ? undefined : parseMetadata(text);
    const discovered = readMetadata(document, path);
    if (document !== undefined && discovered !== undefined) {
      return { path, document, discovered, headers: answered };
    }
    problems.push(`${asked} names no authorization_endpoint and token_endpoint`);
  }
  throw new DiscoveryFault(problems);
}

/** Servers redirect to the same document with a slash at its end, or from an old path to a new one. Once is enough. */
async function fetchFollowing(upstream: UpstreamClient, path: string, headers: readonly string[]) {
  const answer = { ...(await fetchDocument(upstream, path, headers)), path };
  const { location } = answer.headers;
  if (answer.status < 301 || answer.status > 308 || location === undefined) return answer;
  const target = URL.parse(location, upstream.config.origin + path);
  if (target === null || target.origin !== upstream.config.origin) return answer;
  const document = await fetchDocument(upstream, target.pathname + target.search, headers);
  // With a slash at its end it is still the document of this path, where clients look for it.
  return { ...document, path: parseMetadataPath(target.pathname) === undefined ? path : target.pathname };
}

/** A redirect to a different origin is only reported: usually it is the intended address. */
function elsewhere(location: string | undefined, { config }: UpstreamClient): string {
  const origin = location === undefined ? undefined : URL.parse(location, config.origin)?.origin;
  return origin === undefined || origin === config.origin ? '' : ` (to ${origin})`;
}

function readMetadata(document: MetadataDocument | undefined, path: string): Discovered | undefined {
  const authorization = endpointPath(document?.['authorization_endpoint']);
  const token = endpointPath(document?.['token_endpoint']);
  if (document === undefined || authorization === undefined || token === undefined) return undefined;
  const pushed = endpointPath(document['pushed_authorization_request_endpoint']);
  const { issuer } = document;
  const tokenAuthMethods = texts(document['token_endpoint_auth_methods_supported']);
  return {
    endpoints: {
      authorization: [authorization],
      token: [token],
      pushedAuthorization: pushed === undefined ? [] : [pushed],
      metadata: metadataPathsOf(issuer, path),
    },
    unjudged: readUnjudgedPaths(document),
    challengeMethods: texts(document['code_challenge_methods_supported']) ?? [],
    issuer: typeof issuer === 'string' ? issuer : undefined,
    advertisesIss: document['authorization_response_iss_parameter_supported'] === true,
    tokenAuthMethods,
    // Servers that list the methods once mean both endpoints, despite the default (RFC 8414 2).
    revocationAuthMethods: texts(document['revocation_endpoint_auth_methods_supported']) ?? tokenAuthMethods,
    statesCodeHash: texts(document['claims_supported'])?.includes('c_hash') === true,
  };
}

export function readUnjudgedPaths(document: MetadataDocument): UnjudgedPaths {
  return {
    jwks: endpointPath(document['jwks_uri']),
    userinfo: endpointPath(document['userinfo_endpoint']),
    revocation: endpointPath(document['revocation_endpoint']),
  };
}

/** Where clients of this issuer may look for its metadata. */
function metadataPathsOf(issuer: unknown, path: string): string[] {
  const issuerPath = issuerPathOf(issuer);
  const own = metadataPathForms({ document: 'openid-configuration', issuerPath });
  return allMetadataPaths([...METADATA_PATHS, path, ...own]);
}

function texts(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.filter((item) => typeof item === 'string');
}

function endpointPath(url: unknown): string | undefined {
  return typeof url === 'string' ? URL.parse(url)?.pathname : undefined;
}

/** The upstream answers, but its endpoints cannot be discovered: they must be configured. */
export class DiscoveryFault extends Error {
  readonly code = 'discovery_fault';
  /** The problem at each tried place. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `no usable discovery document (${problems.join('; ')}); say where it is (such as \`discovery: [/PATH/.well-known/openid-configuration]\`), or name the \`endpoints\``,
    );
    this.problems = problems;
    this.name = 'DiscoveryFault';
  }
}
