import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import {
  JOURNEYS,
  type Journey,
  type Outcome,
  outcomeOf,
  renderTravelMatrix,
} from '../../scripts/travel-matrix.ts';
import { postTokenRequest } from '../support/token-request.ts';
import { leftHalfHash, readClaims } from '../support/upstreams/scripted/jwts.ts';
import { FLOW_PREFIX_LENGTH, REDIRECT_URI, type Stage } from './stage.ts';
import { type Arrival, arrivalOf, ask, openTravelStage, violationsOf } from './travel/journey.ts';

type Followed = Extract<Outcome, { followed: true }>;

const STATE = 'a b/c+d&e=f%41"<\'>;\u00fc\u6771';
const STATES = [STATE, undefined] as const;

const titled = (journeys: readonly Journey[]) =>
  journeys.map(
    (journey) =>
      [
        `${journey.responseType}, ${journey.responseMode}, ${journey.way}`,
        journey,
        outcomeOf(journey),
      ] as const,
  );
const FOLLOWED = titled(JOURNEYS.filter((journey) => outcomeOf(journey).followed));
const REFUSED = titled(JOURNEYS.filter((journey) => !outcomeOf(journey).followed));

test('the page contains this table', async () => {
  const printed = await readFile(new URL('../../docs/travel-matrix.md', import.meta.url), 'utf8');
  expect(printed).toBe(renderTravelMatrix());
  expect(FOLLOWED.length + REFUSED.length).toBe(4 * 9 * 4);
});

describe('in enforce, followed', () => {
  test.each(FOLLOWED)('%s', async (_, journey, outcome) => {
    await using stage = await openTravelStage({ mode: 'enforce' });
    for (const state of STATES) {
      const arrival = await travel(stage, journey, outcome as Followed, state);
      const { code = '' } = arrival.values;
      const redeemed = stage.upstream.tokenRequests.length;
      for (const code_verifier of [undefined, stage.wrongVerifier()]) {
        const theft = await stage.redeem(code, { code_verifier });
        expect([theft.status, theft.json.error]).toEqual([400, 'invalid_grant']);
      }
      expect(stage.upstream.tokenRequests).toHaveLength(redeemed);
      if ((outcome as Followed).code === 'gateway') await expectWorthlessUpstream(stage, code);
      const tokens = await stage.redeem(code);
      expect([tokens.status, typeof tokens.json.access_token]).toEqual([200, 'string']);
    }
    const refused = ['token verifier_missing', 'token verifier_mismatch'];
    expect(violationsOf(stage)).toEqual([...refused, ...refused]);
  });
});

describe('in report, followed', () => {
  test.each(FOLLOWED)('%s', async (_, journey, outcome) => {
    await using stage = await openTravelStage({ mode: 'report' });
    for (const state of STATES) {
      const { code = '' } = (await travel(stage, journey, outcome as Followed, state)).values;
      expect(code).toMatch(/^legacy-code-/);
      expect((await stage.redeem(code)).status).toBe(200);
    }
    expect(violationsOf(stage)).toEqual([]);
    const stolen = (await travel(stage, journey, outcome as Followed, STATE)).values.code ?? '';
    expect((await stage.redeem(stolen, { code_verifier: stage.wrongVerifier() })).status).toBe(200);
    expect(violationsOf(stage)).toEqual(['token verifier_mismatch']);
    const metrics = await stage.gateway.metrics();
    expect(metrics.value('redemptions_total', { client: 'spa', result: 'verified' })).toBe(2);
    expect(metrics.value('redemptions_total', { client: 'spa', result: 'unverified' })).toBe(1);
    expect(metrics.value('report_only_violations_total', { reason: 'verifier_mismatch' })).toBe(1);
  });
});

describe('in enforce, refused', () => {
  test.each(REFUSED)('%s', async (_, journey, outcome) => {
    await using stage = await openTravelStage({ mode: 'enforce' });
    const answer = await ask(stage, journey, { state: STATE });
    expect(violationsOf(stage)).toEqual([
      `${endpointOf(journey)} ${(outcome as { reason?: string }).reason}`,
    ]);
    expect(stage.upstream.requests.to('/oauth2/authorize')).toEqual([]);
    expect(stage.upstream.requests.to('/oauth2/par')).toEqual([]);
    if (journey.way === 'PAR') {
      expect([answer.status, answer.json.error]).toEqual([400, 'invalid_request']);
    } else {
      const { redirectUri, values } = arrivalOf(answer);
      expect([redirectUri, values.error, values.state]).toEqual([REDIRECT_URI, 'invalid_request', STATE]);
    }
  });
});

describe('in report, forwarded unchanged', () => {
  test.each(REFUSED)('%s', async (_, journey, outcome) => {
    await using stage = await openTravelStage({ mode: 'report' });
    for (const state of STATES) {
      const { text } = await ask(stage, journey, { state });
      const message = JSON.parse(/postMessage\((.*), "https/.exec(text)?.[1] ?? 'null');
      expect(message.response).toMatchObject({ code: expect.stringMatching(/^legacy-code-/) });
      expect(message.response.state).toBe(state);
      expect((await stage.redeem(message.response.code)).status).toBe(200);
    }
    // Counted and not followed; that its code belongs to no flow is counted too.
    const counted = [
      `${endpointOf(journey)} ${(outcome as { reason?: string }).reason}`,
      'token code_unknown',
    ];
    expect(violationsOf(stage)).toEqual([...counted, ...counted]);
    expect((await stage.gateway.metrics()).value('codes_bound_total')).toBe(0);
  });
});

/** Goes the whole way to the client, and checks what arrives. */
async function travel(
  stage: Stage,
  journey: Journey,
  outcome: Followed,
  state: string | undefined,
): Promise<Arrival> {
  const arrival = arrivalOf(await ask(stage, journey, { state }));
  const { carrier, redirectUri, names, values } = arrival;
  expect([carrier, redirectUri]).toEqual([outcome.carrier, REDIRECT_URI]);
  const types = journey.responseType.split(' ');
  if (journey.responseMode.endsWith('jwt')) expect(names).toEqual(['response']);
  else expect(new Set(names).size).toBe(names.length);
  expect(values.state).toBe(state);
  expect('state' in values).toBe(state !== undefined);
  expect([values.code !== undefined, 'id_token' in values, 'access_token' in values]).toEqual([
    true,
    types.includes('id_token'),
    types.includes('token'),
  ]);
  const isOwn = outcome.state === 'own' || (outcome.state === 'own if sent' && state !== undefined);
  expect(upstreamState(stage).slice(isOwn ? 0 : FLOW_PREFIX_LENGTH)).toBe(state ?? '');
  if (values.id_token !== undefined) {
    const claims = readClaims(values.id_token);
    expect(claims['c_hash']).toBe(leftHalfHash(values.code ?? ''));
    expect(claims['nonce']).toBe('the-nonce-of-this-login');
  }
  if (stage.mode === 'enforce') expect(isWrapped(values.code)).toBe(outcome.code === 'gateway');
  return arrival;
}

/** The last state that the upstream got, from any place. */
function upstreamState(stage: Stage): string {
  const asked = stage.upstream.requests.all.findLast(
    ({ path, form, query }) =>
      path === '/oauth2/par' ||
      (path === '/oauth2/authorize' && !query.has('request_uri') && !form.has('request_uri')),
  );
  const parameters = asked?.method === 'POST' ? asked.form : asked?.query;
  const object = parameters?.get('request');
  return object == null ? (parameters?.get('state') ?? '') : String(readClaims(object)['state'] ?? '');
}

const isWrapped = (code: string | undefined) => !code?.startsWith('legacy-code-');

async function expectWorthlessUpstream(stage: Stage, code: string): Promise<void> {
  const answer = await postTokenRequest(`${stage.upstream.url}/oauth2/token`, {
    grant_type: 'authorization_code',
    code,
    client_id: stage.client.clientId,
    redirect_uri: REDIRECT_URI,
  });
  expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
}

function endpointOf({ way }: Journey): string {
  return way === 'PAR' ? 'pushed_authorization' : 'authorization';
}
