import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Duplicates, LenientParameters } from './lenient-parameters.ts';

/** What an attack needs of the server beside its usual tolerance. A test may change it between requests. */
export type Laxity = {
  duplicates: Duplicates;
  /** `post`: only a POST redeems, be it one by an override header or parameter. */
  redeemingMethods: 'any' | 'post';
  /** Whether a token request without a `grant_type` redeems. Where none is needed, a code under any name counts as redeemable. */
  grantType: 'assumed' | 'needed';
  /** How a path that is not quite the endpoint's is taken: for it, or by a 308 to the server's own origin. */
  pathVariants: 'served' | 'redirected';
  /** Where codes go: to the redirect_uri that was asked for, or here. */
  redirectTo: string | undefined;
};

export const USUAL_LAXITY: Laxity = {
  duplicates: 'last',
  redeemingMethods: 'any',
  grantType: 'assumed',
  pathVariants: 'served',
  redirectTo: undefined,
};

/** The parameters of an authorization request, some of which may have been pushed or stand in a request object. */
export type AuthorizationFields = { readonly get: (name: string) => string | undefined };

export type SloppyState = {
  readonly laxity: Laxity;
  /** Good for ever, for everybody. */
  readonly codes: Set<string>;
  readonly pushed: Map<string, AuthorizationFields>;
  /** The state of every authorization request, as it came. */
  readonly states: (string | undefined)[];
  /** Every request that brought a good code to the token handler. */
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
