import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPkcePair } from '../support/pkce-pair.ts';
import { type RawResponse, rawRequest } from '../support/raw-http.ts';
import { AttackStage, DEFENCES, type Defence, REDIRECT_URI, storeOf } from './attack-stage.ts';
import type { AuthorizationAttack } from './authorization/attack.ts';
import { AUTHORIZATION_ATTACKS } from './authorization/attacks.ts';
import { theft } from './redemption/attack.ts';

/** The code that the server added to a response, after earlier text. */
function codeIn(response: RawResponse | undefined): string | undefined {
  const found = [
    ...(response?.raw ?? '').matchAll(/(?:[?&#]code=|name="code" value="|"code":")([^"&#\s]+)/g),
  ];
  return found.at(-1)?.[1];
}

/** Runs the attack and redeems its code. */
async function steal(stage: AttackStage, attack: AuthorizationAttack) {
  stage.server.reset();
  Object.assign(stage.server.laxity, attack.laxity);
  const scene = { stage, host: stage.host, pair: newPkcePair() };
  const { response, refusals } = await stage.measure(() => attack.act(scene));
  const code = codeIn(response);
  const fields = attack.verifier === 'own' ? { code_verifier: scene.pair.verifier } : {};
  const form = rawRequest(
    'POST /oauth2/token HTTP/1.1',
    ['Content-Type: application/x-www-form-urlencoded'],
    theft(code ?? 'none', fields),
    stage.host,
  );
  const { tokens, redeemable } = await stage.measure(() => stage.send(form));
  return { response, refusals, code, tokens, redeemable };
}

const NAMED = AUTHORIZATION_ATTACKS.map((attack) => [attack.name, attack] as const);

test('the table has enough attacks, and none twice', () => {
  expect(NAMED.map(([name]) => name).filter((name, i, all) => all.indexOf(name) !== i)).toEqual([]);
  expect(NAMED.length).toBeGreaterThanOrEqual(250);
});

// An attack that fails there proves nothing here.
describe('directly at the server, an attacker gets and redeems a code by', () => {
  let stage: AttackStage;
  beforeAll(async () => {
    stage = await AttackStage.open('none');
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  test.each(NAMED)('%s', async (_, attack) => {
    expect(await steal(stage, attack)).toMatchObject({ code: expect.any(String), tokens: 1 });
  });
});

// No code is issued, so whether it would be wrapped matters only where others may get one.
const TRIED: readonly Defence[] = ['wrapped codes', 'bare codes of the only enforced client', 'sealed codes'];

describe.each(TRIED)('through the gateway, with %s, an attacker gets no valid code by', (defence) => {
  let stage: AttackStage;
  beforeAll(async () => {
    stage = await AttackStage.open(DEFENCES[defence], storeOf(defence));
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  test.each(NAMED)('%s', async (_, attack) => {
    const { response, refusals, code, tokens, redeemable } = await steal(stage, attack);
    expect({ tokens, redeemable }).toEqual({ tokens: 0, redeemable: 0 });
    const among = defence === 'bare codes of the only enforced client' ? attack.amongLax : undefined;
    const expected = among ?? attack.expected;
    expect(refusals).toEqual(typeof expected === 'string' ? [] : [expected]);
    if (expected !== 'defused') expect(code).toBeUndefined();
    // A refusal is a page, or an error to the registered redirect_uri.
    const location = /^location: (.*)$/im.exec(response?.raw ?? '')?.[1];
    if (location === undefined && response !== undefined && expected !== 'defused') {
      expect(response.status).toSatisfy((status) => status >= 400 && status < 500);
    }
    if (location !== undefined) expect(location.split(/[?#]/)[0]).toBe(REDIRECT_URI);
  });
});
