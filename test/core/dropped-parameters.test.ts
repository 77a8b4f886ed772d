import { describe, expect, test } from 'vitest';
import { CoreStage, REDIRECT_URI, UPSTREAM_CODE } from './core-stage.ts';

const ISSUER = 'drop_parameters: [resource]';
const ENDPOINTS = 'pushed_authorization: [/oauth2/par]';
const JSON_TYPE = { 'content-type': 'application/json' };
const RESOURCE = 'resource=https%3A%2F%2Fapi.example.com&resource=%zz';

describe.each(['enforce', 'report'] as const)('drop_parameters, in %s', (mode) => {
  const open = () => CoreStage.open({ mode, issuer: ISSUER, endpoints: ENDPOINTS });
  const violations = (stage: CoreStage) => [
    ...stage.reasons('refusal'),
    ...stage.reasons('report_only_violation'),
  ];

  test('an authorization request loses them before it is judged', async () => {
    await using stage = await open();
    await stage.send(`/oauth2/authorize?${RESOURCE}&${stage.query()}&nonce=n`);
    expect(stage.last.query).not.toContain('resource');
    expect(new URLSearchParams(stage.last.query).get('nonce')).toBe('n');
    await stage.postForm('/oauth2/authorize', `${stage.query()}&nonce=n&${RESOURCE}`);
    expect(stage.last.body).not.toContain('resource');
    expect(new URLSearchParams(stage.last.body).get('nonce')).toBe('n');
    expect(violations(stage)).toEqual([]);
  });

  test('so do a pushed request and a token request', async () => {
    await using stage = await open();
    for (const [path, form] of [
      ['/oauth2/par', stage.query()],
      ['/oauth2/token', 'grant_type=refresh_token&refresh_token=r&client_id=spa'],
    ] as const) {
      await stage.postForm(path, `${RESOURCE}&${form}`);
      expect([stage.last.path, stage.last.body]).toEqual([path, expect.not.stringContaining('resource')]);
    }
    expect(violations(stage)).toEqual([]);
  });

  test('so does a token request in JSON', async () => {
    const issuer = `${ISSUER}\ntoken_content_types: [form, json]`;
    await using stage = await CoreStage.open({ mode, issuer });
    const json =
      '{"resource":"a, \\"b\\"}", "grant_type":"refresh_token","refresh_token":"r" ,"client_id":"spa"}';
    await stage.postForm('/oauth2/token', json, JSON_TYPE);
    expect(JSON.parse(stage.last.body)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'r',
      client_id: 'spa',
    });
    if (mode === 'report') expect(stage.last.body).toBe(json.replace(/"resource":.*?}", ?/, ' '));
    expect(violations(stage)).toEqual([]);
  });

  test('requests at other paths keep them', async () => {
    await using stage = await open();
    await stage.postForm(`/other?${RESOURCE}`, RESOURCE);
    expect([stage.last.query, stage.last.body]).toEqual([RESOURCE, RESOURCE]);
  });
});

const PKCE = /code_challenge|code_verifier/;
const READ = ['query', 'form'] as const;

// The upstream gets neither challenge nor verifier, or both: a server that knows PKCE refuses one without the other.
describe('forward_pkce: never, without a flow', () => {
  const issuer = 'forward_pkce: never\ntoken_content_types: [form, json]';
  const open = (mode: 'report' | 'off') => CoreStage.open({ mode, issuer, endpoints: ENDPOINTS });

  test.each((['report', 'off'] as const).flatMap((mode) => READ.map((where) => [mode, where] as const)))(
    '%s: a challenge in a repeated request stays behind, in a %s',
    async (mode, where) => {
      await using stage = await open(mode);
      const request = `${stage.query()}&client_id=spa&&x=%zz`;
      if (where === 'query') await stage.send(`/oauth2/authorize?${request}`);
      else await stage.postForm('/oauth2/authorize', request);
      const kept = request.split('&').filter((parameter) => !PKCE.test(parameter));
      expect(stage.last[where === 'query' ? 'query' : 'body']).toBe(kept.join('&'));
      if (where === 'query') return;
      await stage.postForm('/oauth2/par', request);
      expect(stage.last.body).toBe(kept.join('&'));
    },
  );

  test.each(['report', 'off'] as const)('%s: so does the verifier of an unknown code', async (mode) => {
    await using stage = await open(mode);
    const fields = { grant_type: 'authorization_code', code: 'a-code', client_id: 'spa' };
    const verifier = stage.pair.verifier;
    await stage.postForm('/oauth2/token', { code_verifier: verifier, ...fields });
    expect(stage.last.body).toBe(new URLSearchParams(fields).toString());
    await stage.postForm('/oauth2/token', JSON.stringify({ ...fields, code_verifier: verifier }), JSON_TYPE);
    expect(stage.last.body).toBe(JSON.stringify(fields));
  });

  test('report: so does the verifier of a known code in JSON', async () => {
    await using stage = await open('report');
    stage.redirectTo(stage.callback(await stage.begin()));
    await stage.send('/login/done');
    const fields = { grant_type: 'authorization_code', code: UPSTREAM_CODE, redirect_uri: REDIRECT_URI };
    const json = { ...fields, code_verifier: stage.pair.verifier, client_id: 'spa' };
    const { status } = await stage.postForm('/oauth2/token', JSON.stringify(json), JSON_TYPE);
    expect([status, JSON.parse(stage.last.body)]).toEqual([200, { ...fields, client_id: 'spa' }]);
    expect(stage.reasons('report_only_violation')).toEqual([]);
  });
});
