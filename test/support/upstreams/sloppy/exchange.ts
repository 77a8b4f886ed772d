import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Duplicates, LenientParameters } from './lenient-parameters.ts';

/** Additional tolerance of the server that an attack needs. A test may change it between requests. */
export type Laxity = {
  duplicates: Duplicates;
  /** `post`: only a POST redeems, including one by an override header or parameter. */
  redeemingMethods: 'any' | 'post';
  /** Whether a token request without a `grant_type` redeems. If so, a code under any name counts. */
  grantType: 'assumed' | 'needed';
  /** The treatment of a path that resembles the endpoint's: as the endpoint, or with a 308 to the server's own origin. */
  pathVariants: 'served' | 'redirected';
  /** The target of codes: the requested redirect_uri, or this address. */
  redirectTo: string | undefined;
};

export const USUAL_LAXITY: Laxity = {
  duplicates: 'last',
  redeemingMethods: 'any',
  grantType: 'assumed',
  pathVariants: 'served',
  redirectTo: undefined,
};

/** The parameters of an authorization request, including pushed ones and those of a request object. */
export type AuthorizationFields = { readonly get: (name: string) => string | undefined };

export type SloppyState = {
  readonly laxity: Laxity;
  /** Valid without limit, for everybody. */
  readonly codes: Set<string>;
  readonly pushed: Map<string, AuthorizationFields>;
  /** The unchanged state of every authorization request. */
  readonly states: (string | undefined)[];
  /** Every request that brought a valid code to the token handler. */
  readonly redeemable: string[];
  issued: number;
};

export type SloppyExchange = {
  readonly method: string;
  readonly parameters: LenientParameters;
  readonly response: ServerResponse;
  readonly state: SloppyState;
};

export function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function newSecret(kind: string): string {
  return `${kind}-${randomBytes(9).toString('hex')}`;
}
