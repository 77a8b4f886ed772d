import { normalizeResponseType } from './authorization-request.ts';
import { isJsonObject, type JsonObject, parseJsonObject } from './json-object.ts';

/** The metadata of an authorization server (OpenID Connect Discovery 3, RFC 8414 2). */
export type MetadataDocument = JsonObject;

/** The policy for clients, as far as metadata describes it. `undefined`: as the upstream says. */
export type AdvertisedPolicy = {
  readonly codeChallengeMethods: readonly string[] | undefined;
  readonly narrowed:
    | {
        /** Normalised. */
        readonly responseTypes: ReadonlySet<string>;
        readonly responseModes: ReadonlySet<string>;
        readonly requestObjects: boolean;
      }
    | undefined;
  /** Whether the gateway authenticates for clients that are public to it. */
  readonly publicClients: boolean;
};

export type MetadataFacts = AdvertisedPolicy & {
  /** `host[:port]` of the upstream's own URLs; lower case, without the default port. */
  readonly upstreamHosts: ReadonlySet<string>;
  /** scheme://host[:port] */
  readonly publicOrigin: string;
};

/** Reads metadata. `undefined`: the text is something else, such as an error or a page. */
export function parseMetadata(text: string): MetadataDocument | undefined {
  const value = parseJsonObject(text);
  const isMetadata = Object.keys(value ?? {}).some((key) => key === 'issuer' || key.endsWith('_endpoint'));
  return isMetadata ? value : undefined;
}

/**
 * The upstream's metadata for clients of the gateway. `issuer` stays, because tokens and clients compare it. If every client is
 * enforced, members are removed that would bypass the gateway, or lead to what it cannot follow.
 */
export function rewriteMetadata(document: MetadataDocument, facts: MetadataFacts): MetadataDocument {
  const { codeChallengeMethods, narrowed } = facts;
  const kept = Object.entries(document).filter(([key]) => narrowed === undefined || !isDropped(key));
  const changed: Record<string, unknown> = Object.fromEntries(
    kept.map(([key, value]) => [key, rewriteValue(key, value, facts)]),
  );
  if (codeChallengeMethods !== undefined) changed['code_challenge_methods_supported'] = codeChallengeMethods;
  if (narrowed !== undefined) {
    const { responseTypes, responseModes, requestObjects } = narrowed;
    narrow(changed, 'response_types_supported', (type) => responseTypes.has(normalizeResponseType(type)));
    narrow(changed, 'response_modes_supported', (mode) => responseModes.has(mode));
    if (!requestObjects) changed['request_parameter_supported'] = false;
    // By reference, the upstream would read a request that the gateway did not. The default is true (OIDC Discovery 3).
    changed['request_uri_parameter_supported'] = false;
  }
  if (facts.publicClients) {
    allowPublicClients(changed, 'token_endpoint');
    if (Object.hasOwn(changed, 'revocation_endpoint')) allowPublicClients(changed, 'revocation_endpoint');
  }
  return changed;
}

/** Signed metadata takes precedence over the rest (RFC 8414 2.1); aliases lead to another listener (RFC 8705 5). */
const DROPPED: ReadonlySet<string> = new Set(['signed_metadata', 'mtls_endpoint_aliases']);

function isDropped(key: string): boolean {
  if (DROPPED.has(key)) return true;
  // The gateway can read nothing that is encrypted for the upstream or for the client (RFC 9101, JARM 3).
  return key.startsWith('request_object_encryption_') || key.startsWith('authorization_encryption_');
}

function rewriteValue(key: string, value: unknown, facts: MetadataFacts): unknown {
  if (typeof value === 'string') return isLocation(key) ? rewriteLocation(key, value, facts) : value;
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, nested]) => [name, rewriteValue(name, nested, facts)]),
  );
}

function isLocation(key: string): boolean {
  return /(_endpoint|_uri|_url|_iframe)$/.test(key) || key === 'service_documentation';
}

/** The endpoints of the code flow, by their metadata names. */
const CODE_FLOW_ENDPOINTS = [
  'authorization_endpoint',
  'token_endpoint',
  'pushed_authorization_request_endpoint',
] as const;

export type NamedEndpoint = { readonly name: (typeof CODE_FLOW_ENDPOINTS)[number]; readonly url: URL };

/** The endpoints of the code flow that a metadata document names, as far as they are URLs. */
export function namedEndpoints(document: MetadataDocument): NamedEndpoint[] {
  return CODE_FLOW_ENDPOINTS.flatMap((name) => {
    const value = document[name];
    const url = typeof value === 'string' ? URL.parse(value) : null;
    return url === null ? [] : [{ name, url }];
  });
}

/** The judged endpoints: they are always at the gateway, for any address in the upstream's metadata. */
const JUDGED: ReadonlySet<string> = new Set(CODE_FLOW_ENDPOINTS);

function rewriteLocation(key: string, location: string, facts: MetadataFacts): string {
  const url = URL.parse(location);
  if (url === null || !/^https?:$/.test(url.protocol)) return location;
  if (!facts.upstreamHosts.has(url.host) && !JUDGED.has(key)) return location;
  // Only the origin is replaced: a template such as `/{tenant}/keys` stays as written.
  const rest = /^[^/]*\/\/[^/?#\\]*(.*)$/s.exec(location)?.[1];
  return rest === undefined ? location : facts.publicOrigin + rest;
}

function narrow(document: Record<string, unknown>, key: string, keeps: (value: string) => boolean): void {
  const values = document[key];
  if (!Array.isArray(values)) return;
  document[key] = values.filter((value) => typeof value === 'string' && keeps(value));
}

/** `none` stands for public clients (RFC 7591 2); a missing list means Basic (RFC 8414 2). */
function allowPublicClients(document: Record<string, unknown>, endpoint: string): void {
  const key = `${endpoint}_auth_methods_supported`;
  const methods: unknown[] = Array.isArray(document[key]) ? document[key] : ['client_secret_basic'];
  document[key] = methods.includes('none') ? methods : [...methods, 'none'];
}
