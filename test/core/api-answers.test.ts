import { describe, expect, test } from 'vitest';
import { bringsCode, CoreStage, REDIRECT_URI, UPSTREAM_CODE } from './core-stage.ts';

const PAR = '/oauth2/par';
const HOST = { host: 'login.example.com' };
const COOKIE = { 'Set-Cookie': 'node=a; Domain=127.0.0.1; Path=/' };
const PUBLISHED = 'node=a; Domain=login.example.com; Path=/';
const open = (mode: 'enforce' | 'report' = 'enforce') =>
  CoreStage.open({ mode, endpoints: `pushed_authorization: [${PAR}]` });

/** A request_uri, with the byte order mark that some frameworks write. */
const PUSHED = '\ufeff{"request_uri":"urn:pushed:1","expires_in":60}';

describe.each(['enforce', 'report'] as const)('in %s', (mode) => {
  test('cookies of the server become public at the token and pushed authorization endpoints too', async () => {
    await using stage = await open(mode);
    stage.redirectTo(stage.callback(await stage.begin()));
    const { location } = await stage.send('/login/done');
    stage.respond = stage.token = (_received, response) =>
      void response.writeHead(200, { ...COOKIE, 'Content-Type': 'application/json' }).end('{}');
    const form = {
      grant_type: 'authorization_code',
      code: location?.searchParams.get('code') ?? '',
      client_id: 'spa',
      redirect_uri: REDIRECT_URI,
      code_verifier: stage.pair.verifier,
    };
    for (const answer of [
      await stage.postForm('/oauth2/token', form, HOST),
      await stage.postForm(PAR, stage.query(), HOST),
    ]) {
      expect([answer.status, answer.headers['set-cookie']]).toEqual([200, PUBLISHED]);
    }
    expect(stage.reasons(mode === 'enforce' ? 'refusal' : 'report_only_violation')).toEqual([]);
  });

  test('a request_uri behind a byte order mark is known', async () => {
    await using stage = await open(mode);
    stage.respond = (_received, response) => void response.writeHead(201).end(PUSHED);
    expect((await stage.postForm(PAR, stage.query())).text).toBe(PUSHED.slice(1));
    stage.redirectTo(stage.callback(stage.upstreamState));
    const { location } = await stage.send('/oauth2/authorize?client_id=spa&request_uri=urn:pushed:1');
    expect((await stage.redeem(location?.searchParams.get('code') ?? '')).status).toBe(200);
    expect(stage.reasons(mode === 'enforce' ? 'refusal' : 'report_only_violation')).toEqual([]);
  });
});

test('a code for an enforced place leaves neither with the answer to a pushed request nor with that to a redemption', async () => {
  await using stage = await open();
  stage.redirectTo(stage.callback(await stage.begin()));
  const { location } = await stage.send('/login/done');
  stage.redirectTo(`${REDIRECT_URI}?code=${UPSTREAM_CODE}-2`);
  stage.token = stage.respond;
  for (const answer of [
    await stage.postForm(PAR, stage.query()),
    await stage.redeem(location?.searchParams.get('code') ?? ''),
  ]) {
    expect(bringsCode(answer)).toBe(false);
  }
  expect(stage.reasons('refusal')).toEqual(['flow_unknown', 'flow_unknown']);
});
