import type { Reason } from '../../../src/policy/reason.ts';
import { rawRequest } from '../../support/raw-http.ts';
import type { Laxity } from '../../support/upstreams/sloppy-server.ts';

/** What a thief holds: a code that was seen on the front channel. */
export type Loot = {
  readonly code: string;
  /** Of the server that is attacked, for the request target and the Host header. */
  readonly host: string;
};

/** One attempt to redeem a stolen code. */
export type RedemptionAttack = {
  readonly name: string;
  /** The request, octet by octet. */
  readonly write: (loot: Loot) => string;
  /**
   * The reason that the operator sees. `unreadable`: no HTTP request at all, or one whose target nobody can place, so
   * that no endpoint has counted it. `defused`: it passes, but does not mean to the server what the thief wanted.
   */
  readonly expected: Reason | 'unreadable' | 'defused';
  /** The same where codes are wrapped, and where nobody but the victim's client is enforced; default: `expected`. */
  readonly ofWrapped?: RedemptionAttack['expected'];
  readonly amongLax?: RedemptionAttack['expected'];
  /** What the server must be besides sloppy for the theft to succeed there. */
  readonly laxity?: Partial<Laxity>;
};

export const TOKEN = '/oauth2/token';
export const FORM = 'Content-Type: application/x-www-form-urlencoded';

export type Fields = Readonly<Record<string, string | undefined>>;

/** The parameters of a theft, without a verifier, in the name of a client that may be a lax one. `undefined` leaves one out. */
export function theft(code: string, fields: Fields = {}): string {
  const all: Fields = { grant_type: 'authorization_code', code, client_id: 'lax', ...fields };
  return Object.entries(all)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

export function post(
  target: string,
  { host }: Loot,
  body: string,
  headers: readonly string[] = [FORM],
): string {
  return rawRequest(`POST ${target} HTTP/1.1`, headers, body, host);
}
