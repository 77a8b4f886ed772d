import { describe, expect, test, vi } from 'vitest';
import { Stage } from '../integration/stage.ts';

/** Counts of `spa` by reason: all violations, and those that count against its readiness. */
async function countsOf({ gateway }: Stage) {
  const response = await fetch(`${gateway.adminUrl}/api/clients`);
  const { clients } = (await response.json()) as { clients: Record<string, unknown>[] };
  const { violations, violations_counted } = clients.find(({ client }) => client === 'spa') ?? {};
  return { violations, violations_counted };
}

const WITHOUT_PKCE = { code_challenge: undefined, code_challenge_method: undefined };
/** A reading is cached for a second, and counts are one flush behind. */
const SOON = { timeout: 15_000, interval: 100 };

// Anybody can send requests in the name of a client: they must not keep its operator from enforcing it.
describe('of a client in report, token requests of a stranger', () => {
  test('are shown, but do not count against its readiness', async () => {
    await using stage = await Stage.open({ mode: 'report', policy: 'grant_types: [authorization_code]' });
    const stranger = { client_id: 'spa', code_verifier: undefined };
    expect((await stage.redeem('made-up', stranger)).status).toBe(400);
    expect((await stage.redeem(undefined, { ...stranger, grant_type: 'password' })).status).toBe(400);
    expect((await stage.send('/oauth2/token?client_id=spa', { method: 'PUT' })).status).toBe(400);
    await vi.waitFor(
      async () =>
        expect(await countsOf(stage)).toEqual({
          violations: { code_unknown: 1, grant_type_not_allowed: 1, http_method_not_allowed: 1 },
          violations_counted: {},
        }),
      SOON,
    );
  });

  test('count where the server accepted them, which enforcing would end', async () => {
    await using stage = await Stage.open({ mode: 'report' });
    const code = await stage.newCode(WITHOUT_PKCE);
    expect((await stage.redeem(code)).status).toBe(200);
    await vi.waitFor(
      async () =>
        expect((await countsOf(stage)).violations_counted).toEqual({
          challenge_missing: 1,
          verifier_unexpected: 1,
        }),
      SOON,
    );
    const samples = await stage.gateway.metrics();
    expect(samples.value('violations_with_code_total', { reason: 'verifier_unexpected' })).toBe(1);
  });

  test('count where they redeem a code of the client, whatever the server says', async () => {
    await using stage = await Stage.open({ mode: 'report' });
    const code = await stage.newCode();
    expect((await stage.redeem(code, { redirect_uri: 'https://elsewhere.example/cb' })).status).toBe(400);
    await vi.waitFor(
      async () => expect((await countsOf(stage)).violations_counted).toEqual({ redirect_uri_mismatch: 1 }),
      SOON,
    );
  });
});
