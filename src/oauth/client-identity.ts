import { parseClientJwtClaims } from './jwt.ts';
import type { Parameters } from './parameters.ts';

/**
 * The client that a token request claims to be. Each name is a set of readings: servers disagree on whether the user of HTTP
 * Basic is percent-encoded (RFC 6749 2.3.1 requires it, many clients omit it). The credentials themselves are never read.
 */
export type ClientIdentity = {
  readonly names: readonly (readonly string[])[];
  /** Whether the request carries credentials: a secret that is not empty, an assertion, another Authorization header. */
  readonly authenticated: boolean;
  /** Whether there is an assertion that only some servers can read: it may name any client. */
  readonly unread: boolean;
};

/** At endpoints without client authentication. */
export const NO_IDENTITY: ClientIdentity = { names: [], authenticated: false, unread: false };

const SAML_ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer';

export function parseClientIdentity(parameters: Parameters, authorization?: string): ClientIdentity {
  const names: string[][] = parameters.all('client_id').map((id) => [id]);
  names.push(...parseBasicUsers(authorization));
  const assertion = parameters.get('client_assertion');
  // RFC 7523 3: its `sub` is the client_id. The upstream checks its signature.
  const claims = assertion ? parseClientJwtClaims(assertion) : {};
  if (typeof claims === 'object' && typeof claims['sub'] === 'string') names.push([claims['sub']]);
  return {
    names,
    authenticated:
      (authorization !== undefined && !isBasicWithoutSecret(authorization)) ||
      assertion !== undefined ||
      parameters.all('client_secret').some((secret) => secret !== ''),
    unread: claims === 'malformed' && parameters.get('client_assertion_type') !== SAML_ASSERTION,
  };
}

/** Whether the request names no client other than this one. */
export function identifies({ names }: Pick<ClientIdentity, 'names'>, clientId: string): boolean {
  return names.every((readings) => readings.includes(clientId));
}

/**
 * RFC 7617: the user of HTTP Basic credentials. One name, unless other characters than those of base64 are in it: some servers skip
 * these, some stop there, and each of their names counts.
 */
function parseBasicUsers(authorization: string | undefined): string[][] {
  const [, credentials] = /^\s*basic(?:\s+(.*))?$/is.exec(authorization ?? '') ?? [];
  // Some encoders wrap their lines, and every decoder that takes blanks skips them.
  const runs = credentials?.replaceAll(/\s+/g, '').match(BASE64) ?? [];
  const texts = runs.length > 1 ? [runs.join(''), ...runs.slice(0, RUNS)] : runs;
  return texts.map(readUser);
}

/**
 * Python's requests-oauthlib and Go's x/oauth2 send Basic with an empty password for a client without a secret, which RFC 6749
 * 2.3.1 takes for none. Base64 in any other than its canonical form has no reading that all servers share.
 */
function isBasicWithoutSecret(authorization: string): boolean {
  const [, base64 = ''] = /^basic ([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? [];
  const decoded = Buffer.from(base64, 'base64');
  return (
    decoded.indexOf(':') === decoded.length - 1 && decoded.length > 1 && decoded.toString('base64') === base64
  );
}

const BASE64 = /[A-Za-z0-9+/\-_]+/g;
/** The most of them that are read: valid credentials have one. */
const RUNS = 4;

/** The user as sent, and percent-decoded. */
function readUser(base64: string): string[] {
  const decoded = Buffer.from(base64, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  const user = colon === -1 ? decoded : decoded.slice(0, colon);
  const readings = [user];
  try {
    const unescaped = decodeURIComponent(user.replaceAll('+', ' '));
    if (unescaped !== user) readings.push(unescaped);
  } catch {
    // Not percent-encoded: only the raw reading exists.
  }
  return readings;
}
