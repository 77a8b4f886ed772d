import type { CodeChallengeMethod } from '../oauth/pkce.ts';
import type { Reason } from '../policy/reason.ts';
import type { RedemptionResult } from '../telemetry/activity-sink.ts';
import type { UpstreamFaultKind } from '../upstream/upstream-fault.ts';

/**
 * What is counted for a client and day: authorization requests by method, codes bound, redemptions by result, violations
 * (`!reason`), those of them that count against its readiness (`#reason`), and the places that its codes went to (`@uri`).
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
  /** id_tokens that covered the code or the state. */
  | 'c_hash'
  | 's_hash';

/** The field of a day's record that holds the last violation of a client, or the last fault of an upstream. */
export const LAST = 'last';

/** The name under which the issuer itself is counted. No client has it. */
export const ISSUER_ITSELF = '';

/** A field of a record: what is counted, and for whom. What is counted has no space in it. */
export function fieldOf(what: Counted | typeof LAST, name: string): string {
  return `${what} ${name}`;
}

/** RFC 6749 A.1: visible ASCII. Anything else is not shown to people. */
const CLIENT_ID = /^[\x20-\x7e]{1,255}$/;

/**
 * A client_id, which anybody may make up, if it can be shown under its own name. It is copied, since V8 cuts a text out of
 * another by pointing into it, and would keep the whole request.
 */
export function presentable(clientId: string | undefined): string | undefined {
  if (clientId === undefined || !CLIENT_ID.test(clientId) || clientId.trim() !== clientId) return undefined;
  return Buffer.from(clientId, 'latin1').toString('latin1');
}

/** Bytes of a redirect_uri that is remembered. */
const LONGEST_URI = 512;
const LOOPBACK = /^(https?:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])):\d{1,5}(?=[/?]|$)/i;

/** A redirect_uri as it would stand in `redirect_uris`: the port of a loopback address is any (RFC 8252 7.3). */
export function presentableUri(redirectUri: string): string | undefined {
  if (redirectUri.length > LONGEST_URI || !/^[\x21-\x7e]+$/.test(redirectUri)) return undefined;
  return Buffer.from(redirectUri.replace(LOOPBACK, '$1'), 'latin1').toString('latin1');
}
