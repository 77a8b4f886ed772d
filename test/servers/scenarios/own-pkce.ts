import { expect } from 'vitest';
import { newPkcePair } from '../../support/pkce-pair.ts';
import { countDuring, logIn, redeemCode, tokenRequests } from './login.ts';
import type { Scenario } from './scenario.ts';

const route = 'report';
const WRONG = newPkcePair().verifier;

/** A server that verifies PKCE itself continues to do so: report removes nothing. */
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
      // The server chooses the error.
      const { status, body } = await redeemCode(stage, code, verifier);
      expect({ status, body }).toMatchObject({
        status: expect.toSatisfy(isClientError),
        body: { error: expect.any(String) },
      });
      expect(tokenRequests(stage)).toBe(1);
    });
    expect(violations).toBe(1);
  },
}));

function isClientError(status: unknown): boolean {
  return Number(status) >= 400 && Number(status) < 500;
}
