import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AttackStage, DEFENCES, type Defence, hasWrappedCodes, storeOf } from './attack-stage.ts';
import { ADVISORIES } from './chains/advisories.ts';
import { CHAINS } from './chains/chains.ts';
import { OAUCH } from './chains/oauch.ts';

const NAMED = [...CHAINS, ...ADVISORIES, ...OAUCH].map((chain) => [chain.name, chain] as const);

// An attack that fails there proves nothing here.
describe('directly at the server, an attacker steals a token by', () => {
  let stage: AttackStage;
  beforeAll(async () => {
    stage = await AttackStage.open('none');
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  test.each(NAMED)('%s', async (_, { steal }) => {
    stage.server.reset();
    expect((await steal(stage)).tokens).toBe(1);
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

    test.each(NAMED)('%s', async (_, { steal, expected, ofWrapped = expected }) => {
      stage.server.reset();
      const { response, tokens, redeemable, refusals } = await steal(stage);
      expect({ tokens, redeemable, refusals }).toEqual({
        tokens: 0,
        redeemable: 0,
        refusals: hasWrappedCodes(defence) ? ofWrapped : expected,
      });
      if (response !== undefined)
        expect(response.status).toSatisfy((status) => status >= 400 && status < 500);
    });
  },
);
