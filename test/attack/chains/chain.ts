import { newPkcePair } from '../../support/pkce-pair.ts';
import { type RawResponse, rawRequest } from '../../support/raw-http.ts';
import { SimpleClient } from '../../support/simple-client.ts';
import { type AttackStage, type Outcome, REDIRECT_URI, type Refusal } from '../attack-stage.ts';
import { type Fields, theft } from '../redemption/attack.ts';

/** A theft in several steps, the last of which is measured. */
export type Chain = {
  readonly name: string;
  readonly steal: (stage: AttackStage) => Promise<Outcome>;
  readonly expected: readonly Refusal[];
  /** The same with wrapped codes; default: `expected`. */
  readonly ofWrapped?: readonly Refusal[];
};

export const atToken = (...reasons: Refusal['reason'][]): Refusal[] =>
  reasons.map((reason) => ({ endpoint: 'token', reason }));

export const TOKEN = '/oauth2/token';
const FORM = 'Content-Type: application/x-www-form-urlencoded';

/** Another user with their own session and verifier, at the same client. */
export function attackerAt(stage: AttackStage): SimpleClient {
  return new SimpleClient(stage.url, 'spa', REDIRECT_URI);
}

export function redeem(
  stage: AttackStage,
  code: string,
  fields: Fields,
  headers: readonly string[] = [],
  target = TOKEN,
): Promise<RawResponse | undefined> {
  const bytes = rawRequest(
    `POST ${target} HTTP/1.1`,
    [FORM, ...headers],
    theft(code, { client_id: 'spa', ...fields }),
    stage.host,
  );
  return stage.send(bytes);
}

/** The code of the victim, redeemed with these fields and headers. */
export const withStolenCode =
  (fields: (stage: AttackStage) => Fields, headers: readonly string[] = []): Chain['steal'] =>
  async (stage) => {
    const code = await stage.victim.newCode();
    return stage.measure(() => redeem(stage, code, fields(stage), headers));
  };

/** An authorization request that does not protect its code, and the redemption of that code. */
export const withOwnRequest =
  (fields: Fields, redemption: Fields = {}): Chain['steal'] =>
  (stage) =>
    stage.measure(async () => {
      const { location } = await stage.victim.authorize(fields);
      const code = location?.searchParams.get('code') ?? undefined;
      return code === undefined ? undefined : redeem(stage, code, redemption);
    });

export const newVerifier = () => newPkcePair().verifier;
