import type { CodeChallengeMethod } from '../oauth/pkce.ts';
import { withoutLoopbackPort } from '../oauth/redirect-uri.ts';
import type { Reason } from '../policy/reason.ts';
import type { RedemptionResult } from '../telemetry/activity-sink.ts';
import type { UpstreamFaultKind } from '../upstream/upstream-fault.ts';

/**
 * The counts of a client and day: authorization requests by method, codes bound, redemptions by result, violations
 * (`!reason`), the violations that count against its readiness (`#reason`), and the places that received its codes (`@uri`).
 * For the issuer itself: requests that the upstream did not answer (`~kind`).
 */
export type Counted =
  | CodeChallengeMethod
  | 'none'
  | 'bound'
  /** A code of a client that has no entry. */
  | 'unlisted'
  | RedemptionResult
  | `!${Reason}`
  | `#${Reason}`
  | `@${string}`
  | `~${UpstreamFaultKind}`
  /** id_tokens that covered the code. */
  | 'c_hash';

/** The field of a day's record that holds the last violation of a client, or the last fault of an upstream. */
export const LAST = 'last';

/** The name for the counts of the issuer itself. No client can have it. */
export const ISSUER_ITSELF = '';

/**
 * Whether a violation counts against the client at once. Anybody can send requests in its name, so that of a request in report counts
 * only once the server has taken part: an authorization request that got a code, a token request with such a code or with a success.
 */
export function countsAtOnce({
  endpoint,
  mode,
}: {
  readonly endpoint: string;
  readonly mode: string;
}): boolean {
  return endpoint === 'authorization_response' || (endpoint === 'token' && mode === 'enforce');
}

/** The counts with a mark, by what stands after it: the most frequent first. */
export function marked(
  counts: ReadonlyMap<string, number>,
  mark: '!' | '#' | '@' | '~',
): Map<string, number> {
  const found = [...counts].filter(([what, number]) => what[0] === mark && number > 0);
  return new Map(
    found.sort(([, one], [, other]) => other - one).map(([what, number]) => [what.slice(1), number]),
  );
}

/** A field of a record: the count's name, which has no space, and the client. */
export function fieldOf(what: Counted | typeof LAST, name: string): string {
  return `${what} ${name}`;
}

/** RFC 6749 A.1: visible ASCII. Anything else is not shown. */
const CLIENT_ID = /^[\x20-\x7e]{1,255}$/;

/**
 * A client_id, which anybody can make up, if it can be shown. It is copied, because a V8 substring points into its source
 * string, which would keep the whole request in memory.
 */
export function presentable(clientId: string | undefined): string | undefined {
  if (clientId === undefined || !CLIENT_ID.test(clientId) || clientId.trim() !== clientId) return undefined;
  return Buffer.from(clientId, 'latin1').toString('latin1');
}

/** The longest redirect_uri that is recorded, in bytes. */
const LONGEST_URI = 512;

/** A redirect_uri as it is written in `redirect_uris`: a loopback address without its port, which may be any (RFC 8252 7.3). */
export function presentableUri(redirectUri: string): string | undefined {
  if (redirectUri.length > LONGEST_URI || !/^[\x21-\x7e]+$/.test(redirectUri)) return undefined;
  return Buffer.from(withoutLoopbackPort(redirectUri) ?? redirectUri, 'latin1').toString('latin1');
}
