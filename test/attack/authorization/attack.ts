import { buildFlowPrefix } from '../../../src/store/flow-prefix.ts';
import type { PkcePair } from '../../support/pkce-pair.ts';
import { type RawResponse, rawRequest } from '../../support/raw-http.ts';
import type { Laxity } from '../../support/upstreams/sloppy-server.ts';
import { type AttackStage, REDIRECT_URI, type Refusal } from '../attack-stage.ts';

/** The parties: the victim's browser sends the attacker's request. */
export type Scene = {
  readonly stage: AttackStage;
  readonly host: string;
  /** The attacker's own address. */
  readonly pair: PkcePair;
};

/** One attempt to get a code of the victim that the attacker can redeem. */
export type AuthorizationAttack = {
  readonly name: string;
  /** Sends everything; the last response is the one that may carry the code. */
  readonly act: (scene: Scene) => Promise<RawResponse | undefined>;
  /**
   * What the operator sees. `unreadable`: nothing, the request is unroutable. `defused`: nothing, it passes without the
   * effect that the attacker wanted; a resulting code is bound to a flow.
   */
  readonly expected: Refusal | 'unreadable' | 'defused';
  /** The same, if only the victim's client is enforced. */
  readonly amongLax?: Refusal | 'defused';
  readonly laxity?: Partial<Laxity>;
  /** The attacker's token request. */
  readonly verifier: 'none' | 'own';
};

export const AUTHORIZE = '/oauth2/authorize';
const FORM = 'Content-Type: application/x-www-form-urlencoded';

export type Fields = Readonly<Record<string, string | undefined>>;

/** A request for the victim's client, written by the attacker; values are not encoded. `undefined` omits a parameter. */
export function query(fields: Fields): string {
  const all: Fields = {
    response_type: 'code',
    client_id: 'spa',
    redirect_uri: encodeURIComponent(REDIRECT_URI),
    state: 'x',
    ...fields,
  };
  return Object.entries(all)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

export function challengeOf({ pair }: Scene): Fields {
  return { code_challenge: pair.challenge, code_challenge_method: 'S256' };
}

export function get(scene: Scene, target: string, headers: readonly string[] = []) {
  return scene.stage.send(rawRequest(`GET ${target} HTTP/1.1`, headers, '', scene.host));
}

export function post(scene: Scene, target: string, body: string, headers: readonly string[] = [FORM]) {
  return scene.stage.send(rawRequest(`POST ${target} HTTP/1.1`, headers, body, scene.host));
}

export const refused = (reason: Refusal['reason']): Refusal => ({ endpoint: 'authorization', reason });
export const pushRefused = (reason: Refusal['reason']): Refusal => ({
  endpoint: 'pushed_authorization',
  reason,
});
export const withheld = (reason: Refusal['reason']): Refusal => ({
  endpoint: 'authorization_response',
  reason,
});

/** An attack without a verifier, by default. */
export const attack = (
  name: string,
  expected: AuthorizationAttack['expected'],
  act: AuthorizationAttack['act'],
  rest: Partial<AuthorizationAttack> = {},
): AuthorizationAttack => ({ name, expected, act, verifier: 'none', ...rest });

/** A forged flow prefix: anybody can compute the checksum. */
export const forged = ({ stage }: Scene) => buildFlowPrefix(stage.server.url, true, Buffer.alloc(20, 7));
