import { describe, expect, test } from 'vitest';
import { Browser } from '../../support/browser.ts';
import type { Quirks } from '../../support/upstreams/scripted-legacy-server.ts';
import { REDIRECT_URI, Stage } from '../stage.ts';
import { arrivalOf, byReference, formOf, push, violationsOf } from './journey.ts';

const CLIENTS = `clients: {spa: {redirect_uris: ["${REDIRECT_URI}"]}}`;

function open(setting: string, quirks: Partial<Quirks>, policy = ''): Promise<Stage> {
  return Stage.open({ issuer: `forward_pkce: ${setting}\n${policy}${CLIENTS}`, quirks });
}

/** The PKCE parameters that the upstream got, at all endpoints. */
function seen(stage: Stage) {
  const parameters = stage.upstream.requests.all.flatMap(({ query, form }) => [...query, ...form]);
  const names = parameters
    .map(([name]) => name)
    .filter((name) => name.startsWith('code_') && name !== 'code');
  return [...new Set(names)].sort();
}

const ALL = ['code_challenge', 'code_challenge_method', 'code_verifier'];
const WAYS = ['query', 'body', 'PAR', 're-entry', 're-entry by session', 'issued at login'] as const;
const LOGINS: Readonly<Record<string, Quirks['login']>> = {
  're-entry': 'return_to',
  're-entry by session': 'session',
  'issued at login': 'issue_at_login',
};

/** Logs in one way, and returns the code. */
async function logIn(stage: Stage, way: (typeof WAYS)[number]): Promise<string> {
  switch (way) {
    case 'query':
      return stage.newCode();
    case 'body':
      return arrivalOf(await stage.postForm('/oauth2/authorize', formOf(stage))).values.code ?? '';
    case 'PAR':
      return arrivalOf(await byReference(stage, await push(stage))).values.code ?? '';
    default: {
      await using browser = new Browser();
      const url = stage.client.authorizeUrl({ state: stage.state });
      const { parameters } = await browser.login(url, { username: 'alice' });
      return parameters.get('code') ?? '';
    }
  }
}

describe.each(['never', 'always'])('forward_pkce: %s', (setting) => {
  const forwarded = setting === 'always';
  test.each(WAYS)('%s', async (way) => {
    await using stage = await open(setting, { login: LOGINS[way] ?? 'none' });
    const code = await logIn(stage, way);
    expect((await stage.redeem(code, { code_verifier: stage.wrongVerifier() })).status).toBe(400);
    expect((await stage.redeem(code)).status).toBe(200);
    expect(seen(stage)).toEqual(forwarded ? ALL : []);
    if (forwarded) {
      const { challenge, verifier } = stage.client.pair;
      const sent = stage.upstream.requests.all.flatMap(({ query, form }) => [...query, ...form]);
      expect(new Map(sent).get('code_challenge')).toBe(challenge);
      expect(new Map(sent).get('code_verifier')).toBe(verifier);
    }
    expect(violationsOf(stage)).toEqual(['token verifier_mismatch']);
  });
});

describe('a server that answers PKCE parameters with an error', () => {
  test.each(['query', 'form_post', 'jwt'])('never, with preserved states: %s', async (response_mode) => {
    const policy = 'defaults: {state: preserve}\nunlisted_clients: {mode: off}\n';
    await using stage = await open('never', { pkceParameters: 'rejected', login: 'session' }, policy);
    await using browser = new Browser();
    const url = stage.client.authorizeUrl({ response_mode });
    let page = await browser.visit(url);
    page = await browser.follow(page);
    const [form] = page.forms;
    if (form === undefined) throw new Error('no login form');
    page = await browser.follow(await browser.submit(form, { username: 'alice' }));
    const code = arrivalOf({
      status: page.status,
      headers: {},
      json: {},
      text: page.text,
      location: page.location,
    }).values.code;
    expect((await stage.redeem(code)).status).toBe(200);
    expect(seen(stage)).toEqual([]);
  });

  test('always: gets them, and its refusal is forwarded', async () => {
    await using stage = await open('always', { pkceParameters: 'rejected' });
    const answer = await stage.authorize();
    expect([answer.status, answer.json.error]).toEqual([400, 'invalid_request']);
    expect(violationsOf(stage)).toEqual([]);
  });

  test('in report, a client without PKCE and one with a wrong verifier both log in', async () => {
    await using stage = await Stage.open({
      mode: 'report',
      issuer: `forward_pkce: never\ndefaults: {mode: report}\n${CLIENTS}`,
      quirks: { pkceParameters: 'rejected' },
    });
    const without = { code_challenge: undefined, code_challenge_method: undefined };
    expect((await stage.redeem(await stage.newCode(without))).status).toBe(200);
    const code = await stage.newCode();
    expect((await stage.redeem(code, { code_verifier: stage.wrongVerifier() })).status).toBe(200);
    expect(seen(stage)).toEqual([]);
  });
});
