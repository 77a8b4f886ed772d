import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Mode } from '../../src/policy/mode.ts';
import { send } from '../support/simple-client.ts';
import { expectNoLeaks, openAudited } from './audited-stage.ts';
import { Stage } from './stage.ts';

/** Refusals and violations are in refusals.test.ts. */
describe.each<Mode>(['enforce', 'report'])('in %s', (mode) => {
  test('nothing secret is revealed by normal logins', async () => {
    await using stage = await openAudited({ mode });
    for (const state of [randomBytes(16).toString('base64url'), 'a state with "quotes" & <tags>']) {
      const code = await stage.newCode({ state });
      const credentials = { client_secret: 'the-secret-of-the-client' };
      const tokens = await stage.redeem(code, credentials);
      expect(tokens.status).toBe(200);
      const refresh = { grant_type: 'refresh_token', refresh_token: String(tokens.json.refresh_token) };
      const form = new URLSearchParams({ ...refresh, client_id: 'spa', ...credentials });
      expect((await stage.postForm('/oauth2/token', form)).status).toBe(200);
    }
    expect(stage.secrets.values).toContain('the-secret-of-the-client');
    expect(
      stage.secrets.values.filter((secret) => /^(access|refresh|legacy-code|pgc_)/.test(secret)).length,
    ).toBeGreaterThan(8);
    await expectNoLeaks(stage, []);
  });

  test.each(['reset', 'truncated', 'status'] as const)('nor by a failed token request: %s', async (token) => {
    await using stage = await openAudited({ mode });
    const code = await stage.newCode();
    stage.upstream.quirks.token = token;
    const bodies = await stage.redeem(code).then(
      ({ text }) => [text],
      () => [],
    );
    await expectNoLeaks(stage, bodies);
  });

  test('nor by a client that sends the address of its response as redirect_uri, or parameters in a path', async () => {
    await using stage = await openAudited({ mode, top: 'log: {requests: true}' });
    const { location } = await stage.authorize();
    const code = location?.searchParams.get('code') ?? '';
    const redirect_uri = location?.href ?? '';
    expect(redirect_uri).toContain(code);
    await stage.redeem(code, { redirect_uri });
    await stage.authorize({ redirect_uri });
    await stage.send(`/oauth2/token;code=${code};x=1`);
    await stage.send(`/oauth2/token%3Fcode%3D${code}%26state%3D${stage.state}`);
    await stage.send(`/page;jsessionid=1&code=${code}`);
    const violations = stage.logLines(mode === 'enforce' ? 'refusal' : 'report_only_violation');
    expect(violations.length).toBeGreaterThanOrEqual(4);
    await expectNoLeaks(stage, []);
  });

  test('nor with an unreachable upstream', async () => {
    await using stage = await openAudited({ mode });
    const code = await stage.newCode();
    await stage.upstream.stop();
    const answers = [
      await stage.redeem(code),
      await stage.authorize(),
      await stage.send('/other?code=the-code-of-nobody'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([502, 502, 502]);
    await expectNoLeaks(
      stage,
      answers.map(({ text }) => text),
    );
  });
});

describe('credentials of HTTP Basic', () => {
  test('appear nowhere, for any refusal', async () => {
    await using stage = await openAudited();
    const secret = randomBytes(16).toString('hex');
    const credentials = Buffer.from(`spa:${secret}`).toString('base64');
    stage.secrets.add(secret, credentials);
    const code = await stage.newCode();
    const headers = { authorization: `Basic ${credentials}` };
    const theft = await stage.redeem(code, { code_verifier: undefined }, { headers });
    expect(theft.status).toBe(400);
    expect((await stage.redeem(code, {}, { headers })).status).toBe(200);
    await expectNoLeaks(stage, [theft.text]);
  });
});

describe('invented clients', () => {
  const INVENTED = 1_000;
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.open();
  });
  afterEach(() => stage[Symbol.asyncDispose]());

  const seriesOf = async () =>
    (await stage.gateway.metrics()).text.split('\n').filter((line) => line.startsWith('pkce_gateway_'));

  test(`add no metric series, be they ${INVENTED}`, async () => {
    const ask = async (client: string, attempt: string) => {
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: client,
        redirect_uri: `https://${client}.example/cb`,
      });
      expect((await send(`${stage.gateway.url}/oauth2/authorize?${query}`)).status).toBe(400);
      const body = new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: client,
        code: attempt,
      });
      expect((await stage.postForm('/oauth2/token', body)).status).toBe(400);
    };
    await ask('invented', 'attempt');
    // The counts are periodically added to the store, which adds timing series: after this, none of these is new.
    expect((await fetch(`${stage.gateway.adminUrl}/api/clients`)).status).toBe(200);
    const before = await seriesOf();
    for (let made = 0; made < INVENTED; made += 100) {
      await Promise.all(
        Array.from({ length: 100 }, (_, i) => ask(`invented-${made + i}`, `attempt-${made + i}`)),
      );
    }
    const after = await seriesOf();
    expect(after).toHaveLength(before.length);
    expect(after.join('\n')).not.toContain('invented');
    const metrics = await stage.gateway.metrics();
    expect(metrics.value('rejections_total', { client: '_unlisted' })).toBe(2 * (INVENTED + 1));
  });
});
