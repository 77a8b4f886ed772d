import type { Reason } from '../../../src/policy/reason.ts';
import { rawRequest } from '../../support/raw-http.ts';
import type { Laxity } from '../../support/upstreams/sloppy-server.ts';

/** The thief's loot: a code from the front channel. */
export type Loot = {
  readonly code: string;
  /** The attacked server, for the request target and the Host header. */
  readonly host: string;
};

/** One attempt to redeem a stolen code. */
export type RedemptionAttack = {
  readonly name: string;
  /** The request, byte by byte. */
  readonly write: (loot: Loot) => string;
  /**
   * The reason that the operator sees. `unreadable`: not an HTTP request, or one with an unroutable target, so no endpoint
   * counts it. `defused`: it passes without the effect that the thief wanted.
   */
  readonly expected: Reason | 'unreadable' | 'defused';
  /** The same with wrapped codes, and if only the victim's client is enforced; default: `expected`. */
  readonly ofWrapped?: RedemptionAttack['expected'];
  readonly amongLax?: RedemptionAttack['expected'];
  /** Additional tolerance of the server that the theft needs. */
  readonly laxity?: Partial<Laxity>;
};

export const TOKEN = '/oauth2/token';
export const FORM = 'Content-Type: application/x-www-form-urlencoded';

export type Fields = Readonly<Record<string, string | undefined>>;

/** The parameters of a theft without a verifier, in the name of a possibly lax client. `undefined` omits one. */
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
