import type { Parameters } from './parameters.ts';

/**
 * Who a token request says it is. Each name is a set of readings: servers disagree on whether the user of HTTP Basic
 * is percent-encoded (RFC 6749 2.3.1 says so, many clients do not). The credentials themselves are never looked at.
 */
export type ClientIdentity = {
  readonly names: readonly (readonly string[])[];
  /** Whether the request carries any credentials: a secret, an assertion, an Authorization header. */
  readonly authenticated: boolean;
};

export function parseClientIdentity(
  parameters: Parameters,
  authorization: string | undefined,
): ClientIdentity {
  const names: string[][] = parameters.all('client_id').map((id) => [id]);
  const basic = parseBasicUser(authorization);
  if (basic !== undefined) names.push(basic);
  const assertion = parameters.get('client_assertion');
  const subject = assertion === undefined ? undefined : parseAssertionSubject(assertion);
  if (subject !== undefined) names.push([subject]);
  return {
    names,
    authenticated: authorization !== undefined || assertion !== undefined || parameters.has('client_secret'),
  };
}

/** Whether nothing in the request names another client than this one. */
export function identifies(identity: ClientIdentity, clientId: string): boolean {
  return identity.names.every((readings) => readings.includes(clientId));
}

/** RFC 7617: the user of HTTP Basic credentials, as sent and percent-decoded. */
function parseBasicUser(authorization: string | undefined): string[] | undefined {
  if (authorization === undefined) return undefined;
  const match = /^basic +([A-Za-z0-9+/\-_]+={0,2})\s*$/i.exec(authorization);
  if (match?.[1] === undefined) return undefined;
  const decoded = Buffer.from(match[1], 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  const user = colon === -1 ? decoded : decoded.slice(0, colon);
  const readings = [user];
  try {
    const unescaped = decodeURIComponent(user.replaceAll('+', ' '));
    if (unescaped !== user) readings.push(unescaped);
  } catch {
    // Not percent-encoded at all: the raw reading stands alone.
  }
  return readings;
}

/** RFC 7523 section 3: the `sub` of a client assertion is the client_id. Its signature is the upstream's to check. */
function parseAssertionSubject(assertion: string): string | undefined {
  const payload = assertion.split('.')[1];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const subject = (claims as { sub?: unknown } | null)?.sub;
    return typeof subject === 'string' ? subject : undefined;
  } catch {
    return undefined;
  }
}
