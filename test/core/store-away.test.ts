import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import type { Answer } from '../support/simple-client.ts';
import { CARRIER_CASES, form, input } from './carrier-cases.ts';
import {
  bringsCode,
  CoreStage,
  type CoreStageOptions,
  REDIRECT_URI,
  STATE,
  UPSTREAM_CODE,
} from './core-stage.ts';

const AUTHORIZE = '/oauth2/authorize';

let redis: RedisServer;
let stage: CoreStage;
/** The state of a login in the store. */
let state: string;
const open = async (options: CoreStageOptions) => {
  redis = await startRedis();
  stage = await CoreStage.open({ ...options, top: redis.store });
  state = await stage.begin();
};
const close = async () => {
  await stage[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
};

const answerWith = (contentType: string, body: string) => {
  stage.respond = (_received, response) =>
    void response.writeHead(200, { 'Content-Type': contentType }).end(body);
};
const answer = (contentType: string, body: string): Promise<Answer> => {
  answerWith(contentType, body);
  return stage.send('/login/done');
};
/** Pages whose beginning is sent before the response is found. */
const expectBrokenOff = async (body: string) => {
  answerWith('text/html', body);
  const request = rawRequest('GET /login/done HTTP/1.1', []);
  const { raw } = await sendRaw(stage.gateway.url, request, { until: 'close' });
  expect(raw).toContain('<!doctype html>');
  expect(raw).not.toContain(UPSTREAM_CODE);
  expect(raw).not.toMatch(/\r\n0\r\n\r\n$/);
  expect(stage.gateway.logLines.filter(({ event }) => event === 'internal_error')).toEqual([]);
};
const hasBegun = ({ name }: { readonly name: string }) => name.includes('200 KB');
const expectFault = (got: Answer) => {
  expect(got.status).toBe(503);
  expect(Number(got.headers['retry-after'])).toBeGreaterThan(0);
  expect(bringsCode(got)).toBe(false);
};

describe.each(['enforce', 'report'] as const)('while Redis is unreachable, in %s', (mode) => {
  beforeAll(async () => {
    await open({ mode });
    await redis.stop();
  });
  afterAll(close);

  test.each(CARRIER_CASES)('$name', async (carrier) => {
    const body = carrier.body(stage.callback(state), state);
    if (mode === 'enforce' && hasBegun(carrier)) return expectBrokenOff(body);
    const got = await answer(carrier.contentType, body);
    if (mode === 'enforce') expectFault(got);
    else expect(carrier.read(got.text)).toMatchObject({ code: UPSTREAM_CODE, state: STATE });
  });

  test('a form above the size limit', async () => {
    const fields = input('code', UPSTREAM_CODE) + input('state', state);
    const page = form('post', REDIRECT_URI, fields + input('more', 'x'.repeat(70_000)));
    if (mode === 'enforce') await expectBrokenOff(page);
    else expect((await answer('text/html', page)).text).toContain(UPSTREAM_CODE);
  });

  test('the consent page of another tab: a fault is not a refusal', async () => {
    const posted = stage.query({ state });
    const got = await stage.postForm(`${AUTHORIZE}?${stage.query({ state: 'second' })}`, posted);
    if (mode === 'enforce') expectFault(got);
    else expect(stage.last.body).toBe(posted);
  });

  test('none of these is a violation', () => {
    expect([...stage.reasons('refusal'), ...stage.reasons('report_only_violation')]).toEqual([]);
  });
});

describe('while Redis is unreachable, a place that no client lists', () => {
  afterAll(close);

  test.each(['enforce', 'report'] as const)(
    'may belong to clients without redirect_uris: %s',
    async (unlisted) => {
      if (unlisted === 'report') await close();
      await open({ unlisted });
      await redis.stop();
      const url = `https://other.example/cb?code=${UPSTREAM_CODE}&state=${encodeURIComponent(state)}`;
      stage.redirectTo(url);
      const got = await stage.send('/login/done');
      if (unlisted === 'enforce') expectFault(got);
      else expect(got.location?.searchParams.get('state')).toBe(STATE);
    },
  );
});

describe('while Redis is unreachable, a token request', () => {
  beforeAll(async () => {
    await open({
      issuer: 'defaults: {on_store_failure: allow}',
      policy: 'on_store_failure: reject',
      clients: ['lax: {mode: report}'],
    });
    await redis.stop();
  });
  afterAll(close);

  const CODE = { code: UPSTREAM_CODE };
  test.each([
    ['its own grant', 'grant_type=authorization_code'],
    ['another grant', 'grant_type=refresh_token'],
    ['a grant of the server’s own', 'grant_type=urn%3Aexample%3Apoll'],
  ])('without a client may contain any client’s code: %s', async (_, grant) => {
    expectFault(await stage.postForm('/oauth2/token', `${grant}&${new URLSearchParams(CODE)}`));
    expect(stage.received.filter(({ path }) => path === '/oauth2/token')).toEqual([]);
  });

  test('that is unreadable and names no client is refused', async () => {
    const twice = `grant_type=authorization_code&code=${UPSTREAM_CODE}&code=${UPSTREAM_CODE}`;
    expect((await stage.postForm('/oauth2/token', twice)).status).toBe(400);
    expect(stage.received.filter(({ path }) => path === '/oauth2/token')).toEqual([]);
  });

  test.each(['authorization_code', 'refresh_token'])(
    'that names a client in report is forwarded: %s',
    async (grant) => {
      const got = await stage.postForm('/oauth2/token', { grant_type: grant, client_id: 'lax', ...CODE });
      expect(got.status).toBe(200);
    },
  );
});

describe.each(['enforce', 'report'] as const)('after Redis lost all data, in %s', (mode) => {
  beforeAll(async () => {
    await open({ mode });
    await redis.restart();
    while ((await fetch(`${stage.gateway.adminUrl}/readyz`)).status !== 200);
  });
  afterAll(close);

  // A message to another window names at most an origin: only a flow tells whose place that is.
  const named = CARRIER_CASES.filter(({ name }) => mode === 'report' || !name.includes('message'));
  test.each(named)('$name', async (carrier) => {
    const before = stage.reasons('report_only_violation').length;
    const body = carrier.body(stage.callback(state), state);
    if (mode === 'enforce' && hasBegun(carrier)) return expectBrokenOff(body);
    const got = await answer(carrier.contentType, body);
    if (mode === 'enforce') {
      expect(bringsCode(got)).toBe(false);
      expect(stage.reasons('refusal').at(-1)).toBe('flow_unknown');
    } else {
      expect(carrier.read(got.text)).toMatchObject({ code: UPSTREAM_CODE, state: STATE });
      expect(stage.reasons('report_only_violation').slice(before)).toEqual(['flow_unknown']);
    }
  });

  test("the authorization endpoint's own JSON, which names no place", async () => {
    answerWith('application/json', JSON.stringify({ code: UPSTREAM_CODE, state }));
    const got = await stage.send(`${AUTHORIZE}?approval=1`);
    expect(got.json).toEqual({ code: UPSTREAM_CODE, state: STATE });
    expect(stage.reasons('report_only_violation').at(-1)).toBe('flow_unknown');
  });
});
