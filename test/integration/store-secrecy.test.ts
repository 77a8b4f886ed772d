import { expect, test } from 'vitest';
import { JOURNEYS, outcomeOf } from '../../scripts/travel-matrix.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { REDIRECT_URI, Stage } from './stage.ts';
import { arrivalOf, ask, TRAVELLER } from './travel/journey.ts';

const INJECTED = 'the-secret-that-is-injected';

/** Every setting that changes the records, or the knowledge about a login. */
const SETTINGS: Readonly<Record<string, string>> = {
  'wrapped codes': '',
  'bare codes': 'wrap_codes: false',
  'states preserved': 'state: preserve',
  'plain challenges': 'methods: [S256, plain]',
  'a secret injected': `inject_secret: "${INJECTED}"`,
  'not enforced': 'mode: report',
};

function open(redis: RedisServer, setting: string): Promise<Stage> {
  const spa = ['owner: web-team@example.com', `redirect_uris: [${REDIRECT_URI}]`, setting];
  return Stage.open({
    issuer: [
      `defaults: {mode: enforce, ${TRAVELLER}}`,
      'unlisted_clients: {mode: report}',
      'clients:',
      `  spa: {${spa.filter(Boolean).join(', ')}}`,
    ].join('\n'),
    top: redis.store,
  });
}

/** Every type, mode and way, but not every combination: nine is coprime to their numbers. */
const WAYS = JOURNEYS.filter((journey) => outcomeOf(journey).followed).filter((_, i) => i % 9 === 0);

/** A message to a window is found by the flow prefix, so it is refused with a preserved state. */
const waysOf = (setting: string) =>
  WAYS.filter(({ responseMode }) => setting !== 'states preserved' || responseMode !== 'web_message');

/** Of the logins in each way, one is redeemed and refreshed, one is refused, and one never ends. */
async function logIn(stage: Stage, setting: string): Promise<string[]> {
  const { verifier, challenge } = stage.client.pair;
  const asked =
    setting === 'plain challenges' ? { code_challenge: verifier, code_challenge_method: 'plain' } : {};
  const ownBodies: string[] = [];
  const arrive = async (journey: (typeof JOURNEYS)[number]) => {
    const { values } = arrivalOf(await ask(stage, journey, asked));
    stage.secrets.readParameters(new URLSearchParams(values));
    return values.code ?? '';
  };
  for (const journey of waysOf(setting)) {
    const [redeemed, refused] = [await arrive(journey), await arrive(journey)];
    const tokens = await stage.redeem(redeemed, { client_secret: 'the-secret-of-the-client' });
    expect(tokens.status).toBe(200);
    ownBodies.push((await stage.redeem(redeemed)).text);
    ownBodies.push((await stage.redeem(refused, { code_verifier: stage.wrongVerifier() })).text);
    const refresh = { grant_type: 'refresh_token', refresh_token: String(tokens.json['refresh_token']) };
    const form = new URLSearchParams({ ...refresh, client_id: 'spa' });
    expect((await stage.postForm('/oauth2/token', form)).status).toBe(200);
  }
  stage.upstream.quirks.login = 'return_to';
  expect((await stage.authorize({ ...asked, state: 'the-state-of-one-that-waits' })).status).toBe(302);
  // A digest replaces its value, and codes are compared with it.
  stage.secrets.remove(challenge);
  return ownBodies;
}

test.each(Object.entries(SETTINGS))(
  'after logins of every kind, with %s, Redis, log, metrics and errors contain no secret',
  async (name, setting) => {
    await using redis = await startRedis();
    await using stage = await open(redis, setting);
    const ownBodies = await logIn(stage, name);
    stage.secrets.add(INJECTED);
    const clients = await fetch(`${stage.gateway.adminUrl}/api/clients`);
    const activity = await clients.text();
    expect(clients.status).toBe(200);

    const dump = await redis.dumpAll();
    const kinds = new Set(dump.map(({ key }) => key.split(':')[1]));
    expect([...kinds].sort()).toEqual(['code', 'flow', 'par', 'stats']);
    expect(dump.filter(({ ttl }) => ttl <= 0)).toEqual([]);
    const { text: metrics } = await stage.gateway.metrics();
    const places = {
      Redis: dump.flatMap(({ key, value }) => [key, value]).join('\n'),
      metrics,
      log: stage.gateway.logLines.map((line) => JSON.stringify(line)).join('\n'),
      errors: ownBodies.filter((body) => !body.includes('access_token')).join('\n'),
      activity,
    };
    for (const [place, text] of Object.entries(places)) {
      expect(text.length, place).toBeGreaterThan(100);
      expect(stage.secrets.foundIn(text), place).toEqual([]);
    }
    // The same search finds them in the requests upstream, in any notation.
    const sent = JSON.stringify(stage.upstream.requests.all);
    expect(stage.secrets.foundIn(sent).length).toBeGreaterThan(2 * WAYS.length);
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      for (const before of ['', 'x', 'xy']) {
        const encoded = Buffer.from(before + sent).toString(encoding);
        expect(stage.secrets.foundIn(encoded), encoding).toContain(stage.client.pair.verifier);
      }
    }
  },
);
