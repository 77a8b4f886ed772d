import { describe, expect, test } from 'vitest';
import { CoreStage } from './core-stage.ts';

const ISSUER = 'drop_parameters: [resource]';
const ENDPOINTS = 'pushed_authorization: [/oauth2/par]';
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

  test('requests at other paths keep them', async () => {
    await using stage = await open();
    await stage.postForm(`/other?${RESOURCE}`, RESOURCE);
    expect([stage.last.query, stage.last.body]).toEqual([RESOURCE, RESOURCE]);
  });
});
