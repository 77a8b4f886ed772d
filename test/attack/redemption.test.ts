import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AttackStage, DEFENCES, type Defence, hasWrappedCodes, storeOf } from './attack-stage.ts';
import type { RedemptionAttack } from './redemption/attack.ts';
import { REDEMPTION_ATTACKS } from './redemption/attacks.ts';

/** Sends the code of the victim's login in the attack's request. */
async function steal(stage: AttackStage, attack: RedemptionAttack) {
  stage.server.reset();
  const code = await stage.victim.newCode();
  Object.assign(stage.server.laxity, attack.laxity);
  return stage.measure(() => stage.send(attack.write({ code, host: stage.host })));
}

const NAMED = REDEMPTION_ATTACKS.map((attack) => [attack.name, attack] as const);

test('the table has enough attacks, and none twice', () => {
  expect(new Set(REDEMPTION_ATTACKS.map(({ name }) => name)).size).toBe(REDEMPTION_ATTACKS.length);
  expect(REDEMPTION_ATTACKS.length).toBeGreaterThanOrEqual(250);
});

// An attack that fails there proves nothing here.
describe('directly at the server, an attacker steals the code by', () => {
  let stage: AttackStage;
  beforeAll(async () => {
    stage = await AttackStage.open('none');
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  test.each(NAMED)('%s', async (_, attack) => {
    const { response, tokens } = await steal(stage, attack);
    expect(tokens).toBe(1);
    expect(response?.raw).toContain('access_token');
  });
});

describe.each(Object.keys(DEFENCES) as Defence[])(
  'through the gateway, with %s, an attacker gets no token by',
  (defence) => {
    let stage: AttackStage;
    beforeAll(async () => {
      stage = await AttackStage.open(DEFENCES[defence], storeOf(defence));
    });
    afterAll(() => stage[Symbol.asyncDispose]());

    test.each(NAMED)('%s', async (_, attack) => {
      const { response, tokens, redeemable, refusals } = await steal(stage, attack);
      expect({ tokens, redeemable }).toEqual({ tokens: 0, redeemable: 0 });
      expect(response?.raw ?? '').not.toContain('access_token');
      if (response !== undefined)
        expect(response.status).toSatisfy((status) => status >= 400 && status < 500);
      const expected =
        (hasWrappedCodes(defence) ? attack.ofWrapped : undefined) ??
        (defence === 'bare codes of the only enforced client' ? attack.amongLax : undefined) ??
        attack.expected;
      const passes = expected === 'unreadable' || expected === 'defused';
      expect(refusals).toEqual(passes ? [] : [{ endpoint: 'token', reason: expected }]);
    });
  },
);
