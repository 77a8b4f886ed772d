import { describe, expect, test } from 'vitest';
import { newPkcePair } from '../support/pkce-pair.ts';
import { rawRequest } from '../support/raw-http.ts';
import { AttackStage, REDIRECT_URI } from './attack-stage.ts';
import { redeem } from './chains/chain.ts';

/** The limits in docs/threat-model.md, and the advice. */
type Limit = {
  readonly what: string;
  readonly steal: (stage: AttackStage) => Promise<unknown>;
  /** YAML of an issuer that does not follow the advice, and of one that does. */
  readonly open: string;
  readonly closed: string;
};

const FORM = ['Content-Type: application/x-www-form-urlencoded'];

/** A code at a path unknown to the gateway, redeemed without a client. */
async function stealWithoutFlow(stage: AttackStage): Promise<void> {
  const query = new URLSearchParams({ response_type: 'code', client_id: 'spa', redirect_uri: REDIRECT_URI });
  const response = await stage.send(
    rawRequest(`GET /oauth2/authorize/foo?${query} HTTP/1.1`, [], '', stage.host),
  );
  const code = /[?&]code=([^&\s]+)/.exec(response?.raw ?? '')?.[1];
  if (code !== undefined) await redeem(stage, code, { client_id: undefined });
}

/** The victim's code, at a server that needs no grant_type. */
async function stealWithoutGrant(stage: AttackStage): Promise<void> {
  const code = await stage.victim.newCode();
  const target = '/index.psgi/oauth2/token';
  await stage.send(rawRequest(`POST ${target} HTTP/1.1`, FORM, `code=${code}`, stage.host));
}

/** The victim's code, redeemed at the server itself. */
async function stealAtServer(stage: AttackStage): Promise<void> {
  const code = await stage.victim.newCode();
  const body = `grant_type=authorization_code&code=${code}`;
  await fetch(`${stage.server.url}/oauth2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
  });
}

/** A flow that the attacker began, so the attacker knows its verifier; the victim only logs in. */
async function stealWithOwnFlow(stage: AttackStage): Promise<void> {
  const { verifier, challenge } = newPkcePair();
  const code = await stage.victim.newCode({ code_challenge: challenge });
  await redeem(stage, code, { code_verifier: verifier });
}

const spa = (settings: string) => `clients: {spa: {mode: enforce, ${settings}}}`;
const REGISTERED = `redirect_uris: [${REDIRECT_URI}]`;

const LIMITS: readonly Limit[] = [
  {
    what: 'a code without a flow, for a client whose redirect URIs are not configured, among clients that are off',
    steal: stealWithoutFlow,
    open: `unlisted_clients: {mode: off}\n${spa('wrap_codes: true')}`,
    closed: `unlisted_clients: {mode: off}\n${spa(REGISTERED)}`,
  },
  {
    what: 'the same without clients in off',
    steal: stealWithoutFlow,
    open: `unlisted_clients: {mode: report}\n${spa('wrap_codes: true')}`,
    closed: `unlisted_clients: {mode: enforce}\n${spa('wrap_codes: true')}`,
  },
  {
    what: 'a bare code at a path unknown to the gateway, for a server that needs no grant_type',
    steal: stealWithoutGrant,
    open: `unlisted_clients: {mode: enforce}\n${spa(`${REGISTERED}, wrap_codes: false`)}`,
    closed: `unlisted_clients: {mode: enforce}\n${spa(`${REGISTERED}, wrap_codes: true`)}`,
  },
  {
    what: 'a bare code at the server itself',
    steal: stealAtServer,
    open: `unlisted_clients: {mode: enforce}\n${spa(`${REGISTERED}, wrap_codes: false`)}`,
    closed: `unlisted_clients: {mode: enforce}\n${spa(REGISTERED)}`,
  },
  {
    what: 'a code of a client in report, at the server itself',
    steal: stealAtServer,
    open: 'unlisted_clients: {mode: report}',
    closed: 'unlisted_clients: {mode: enforce}',
  },
];

describe.each(LIMITS)('$what', ({ steal, open, closed }) => {
  test('can be stolen, as the threat model says', async () => {
    await using stage = await AttackStage.open(open);
    await steal(stage);
    expect(stage.server.issued).toBe(1);
  });

  test('cannot be stolen with the advice of the threat model', async () => {
    await using stage = await AttackStage.open(closed);
    await steal(stage);
    expect(stage.server.issued).toBe(0);
  });
});

test('a flow that the attacker began belongs to the attacker: PKCE cannot prevent that', async () => {
  await using stage = await AttackStage.open(`unlisted_clients: {mode: enforce}\n${spa(REGISTERED)}`);
  await stealWithOwnFlow(stage);
  expect(stage.server.issued).toBe(1);
});
