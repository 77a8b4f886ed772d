import { expect } from 'vitest';
import { newPkcePair } from '../../support/pkce-pair.ts';
import { countDuring, expectRefused, logIn, redeemCode, tokenRequests } from './login.ts';
import type { Scenario } from './scenario.ts';

const route = 'report';
const WRONG = newPkcePair().verifier;

/** A server that verifies PKCE by itself keeps on doing so: report takes nothing away from it. */
export const OWN_PKCE: readonly Scenario[] = [
  { with: 'a wrong verifier', verifier: WRONG },
  { with: 'no verifier', verifier: undefined },
].map(({ with: what, verifier }) => ({
  name: `the server itself refuses ${what}, and that counts as one violation`,
  route,
  appliesTo: ({ can }) => can.verifyPkce,
  async run(stage) {
    await using visit = await stage.newVisit();
    const { violations } = await countDuring(stage, route, async () => {
      const { code } = await logIn(visit);
      expectRefused(await redeemCode(stage, code, verifier));
      expect(tokenRequests(stage)).toBe(1);
    });
    expect(violations).toBe(1);
  },
}));
