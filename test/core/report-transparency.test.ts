import { describe, expect, test } from 'vitest';
import { CoreStage, REDIRECT_URI, STATE, UPSTREAM_CODE } from './core-stage.ts';

/** An unusual request that must arrive unchanged: order, case of escapes, empty and repeated parameters. */
const ODD = `Client=x&response_type=code&client_id=spa&&scope=a+b%20c&scope=d&state=a%2fb+c&nonce=&redirect_uri=${encodeURIComponent(REDIRECT_URI)}&x=%zz&code_challenge=${'A'.repeat(43)}&code_challenge_method=S256&claims=%7B%22a%22%3A1%7D#`;

describe.each(['report', 'off'] as const)('in %s nothing but the value of the state changes', (mode) => {
  test('in a query', async () => {
    await using stage = await CoreStage.open({ mode });
    const query = ODD.slice(0, -1).replace('&x=%zz', '').replace('&scope=d', '');
    await stage.send(`/oauth2/authorize?${query}`);
    const sent = stage.last.query;
    if (mode === 'off') expect(sent).toBe(query);
    else expect(sent.replace(/state=pg[a-z0-9]{30}/, 'state=')).toBe(query);
  });

  test('in a body, whose headers stay too', async () => {
    await using stage = await CoreStage.open({ mode });
    const body = ODD.slice(0, -1).replace('&x=%zz', '').replace('&scope=d', '');
    const contentType = 'application/x-www-form-urlencoded; charset=UTF-8';
    await stage.postForm('/oauth2/authorize', body, { 'content-type': contentType, 'x-own': 'y' });
    expect(stage.last.body.replace(/state=pg[a-z0-9]{30}/, 'state=')).toBe(body);
    expect(stage.last.headers).toMatchObject({ 'content-type': contentType, 'x-own': 'y' });
  });

  test('in a token request with an unknown code', async () => {
    await using stage = await CoreStage.open({ mode });
    const body = `grant_type=authorization_code&code=${UPSTREAM_CODE}&code_verifier=${stage.pair.verifier}&client_id=spa&x=a+b&x=%20`;
    await stage.postForm('/oauth2/token', body);
    expect(stage.last.body).toBe(body);
  });

  test('PKCE parameters are forwarded, whether the server announces PKCE or not', async () => {
    await using stage = await CoreStage.open({ mode });
    const state = await stage.begin();
    expect(new URLSearchParams(stage.last.query).get('code_challenge')).toBe(stage.pair.challenge);
    stage.redirectTo(stage.callback(state));
    const { location } = await stage.send('/login/done');
    expect(location?.searchParams.get('code')).toBe(UPSTREAM_CODE);
    await stage.redeem(UPSTREAM_CODE);
    expect(new URLSearchParams(stage.last.body).get('code_verifier')).toBe(stage.pair.verifier);
  });
});

test('an unparsable request is forwarded unchanged, without a flow, and counted', async () => {
  await using stage = await CoreStage.open({ mode: 'report' });
  const query = `${stage.query()}&state=another`;
  await stage.send(`/oauth2/authorize?${query}`);
  expect(stage.last.query).toBe(query);
  expect(stage.reasons('report_only_violation')).toEqual(['parameter_repeated']);
});

test('forward_pkce: never removes challenge and verifier, and only these', async () => {
  await using stage = await CoreStage.open({ mode: 'enforce', issuer: 'forward_pkce: never' });
  const state = await stage.begin();
  expect(stage.last.query).not.toContain('code_challenge');
  stage.redirectTo(stage.callback(state));
  const { location } = await stage.send('/login/done');
  expect((await stage.redeem(location?.searchParams.get('code') ?? '')).status).toBe(200);
  expect(stage.last.body).not.toContain('code_verifier');
  expect(new URLSearchParams(stage.last.body).get('code')).toBe(UPSTREAM_CODE);
});

describe('preflights go upstream, and more is allowed', () => {
  const HEADERS = {
    origin: 'https://app.example.com',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type,auth0-client,sentry-trace,x-datadog-trace-id,x-own',
  };

  test.each(['enforce', 'report'] as const)('in %s, any headers that the app requests', async (mode) => {
    await using stage = await CoreStage.open({ mode });
    stage.token = (_received, response) => void response.writeHead(405).end();
    const answer = await stage.send('/oauth2/token', { method: 'OPTIONS', headers: HEADERS });
    expect(answer.status).toBe(204);
    expect(answer.headers['access-control-allow-origin']).toBe('https://app.example.com');
    expect(answer.headers['access-control-allow-headers']).toContain('x-own');
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
  });

  test('the upstream’s permissions stay', async () => {
    await using stage = await CoreStage.open({ mode: 'report' });
    stage.token = (_received, response) => {
      const cors = {
        'Access-Control-Allow-Origin': 'https://app.example.com',
        'Access-Control-Allow-Credentials': 'true',
        'Access-Control-Allow-Headers': 'x-theirs',
        'Access-Control-Max-Age': '7',
      };
      response.writeHead(200, cors).end();
    };
    const { headers } = await stage.send('/oauth2/token', { method: 'OPTIONS', headers: HEADERS });
    expect(headers['access-control-allow-credentials']).toBe('true');
    expect(headers['access-control-max-age']).toBe('7');
    expect(headers['access-control-allow-headers']).toMatch(/^x-theirs, content-type, .*x-own$/);
  });

  test('for an unknown origin the upstream’s response is unchanged', async () => {
    await using stage = await CoreStage.open();
    stage.token = (_received, response) => void response.writeHead(405).end();
    const headers = { ...HEADERS, origin: 'https://evil.example' };
    const answer = await stage.send('/oauth2/token', { method: 'OPTIONS', headers });
    expect(answer.status).toBe(405);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('a page streams without buffering', () => {
  test.each(['unknown', 'known'])(
    'of %s length: its first half arrives before the server sends the second, which is followed',
    async (length) => {
      await using stage = await CoreStage.open({ mode: 'report' });
      const state = await stage.begin();
      const arrived = Promise.withResolvers<void>();
      const first = '<!doctype html><p>first half</p>';
      const second = (own: string) =>
        `<a href="${REDIRECT_URI}?code=${UPSTREAM_CODE}&amp;state=${own}">go on</a>`;
      stage.respond = async (_received, response) => {
        const rest = second(encodeURIComponent(state));
        const size = length === 'known' ? { 'Content-Length': first.length + rest.length } : {};
        response.writeHead(200, { 'Content-Type': 'text/html', ...size }).write(first);
        await arrived.promise;
        response.end(rest);
      };
      const response = await fetch(`${stage.gateway.url}/login`);
      const reader = response.body?.getReader();
      const decoder = new TextDecoder();
      let text = decoder.decode((await reader?.read())?.value);
      expect(text).toBe(first);
      arrived.resolve();
      for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
        text += decoder.decode(piece.value);
      }
      expect(text).toBe(first + second(encodeURIComponent(STATE)));
    },
  );
});

test.each(['off', 'report'] as const)(
  'beside an enforced client, %s lets any method without a body pass',
  async (mode) => {
    await using stage = await CoreStage.open({
      clients: [`rep: {mode: ${mode}}`],
      endpoints: 'pushed_authorization: [/oauth2/par]',
    });
    for (const path of ['/oauth2/authorize', '/oauth2/token', '/oauth2/par']) {
      expect((await stage.send(`${path}?client_id=rep`, { method: 'OPTIONS' })).status).toBe(200);
      expect(stage.last).toMatchObject({ method: 'OPTIONS', path, query: 'client_id=rep' });
    }
    const counted = Array(3).fill('http_method_not_allowed');
    expect(stage.reasons('report_only_violation')).toEqual(mode === 'off' ? [] : counted);
  },
);

const MULTIPART = '--b\r\nContent-Disposition: form-data; name="client_id"\r\n\r\nspa\r\n--b--\r\n';

/** What some server would read in it may name the enforced client, whose code would then go to a page, a script or anywhere. */
test.each([
  ['a multipart form', 415, 'POST', 'multipart/form-data; boundary=b', MULTIPART],
  ['plain text', 415, 'POST', 'text/plain', 'client_id=spa'],
  ['a form of 70 KB', 413, 'POST', 'application/x-www-form-urlencoded', `note=${'x'.repeat(70_000)}`],
  ['a form by PUT', 405, 'PUT', 'application/x-www-form-urlencoded', 'client_id=spa'],
])('beside an enforced client, a report client may not send what cannot be read: %s', async (...request) => {
  const [, expected, method, type, body] = request;
  await using stage = await CoreStage.open({ clients: ['rep: {mode: report}'] });
  const query = 'response_type=code&client_id=rep&redirect_uri=https%3A%2F%2Frep.example.com%2Fcb&state=s';
  const sending = { method, headers: { 'content-type': type }, body };
  expect((await stage.send(`/oauth2/authorize?${query}`, sending)).status).toBe(expected);
  expect(stage.received.filter(({ path }) => path === '/oauth2/authorize')).toEqual([]);
});

test.each([
  ['enforce', 'tenant=a%20b'],
  ['report', 'tenant=a+b&code=&redirect_uri='],
] as const)('the query of a redemption in %s: enforce forwards what was judged', async (mode, expected) => {
  await using stage = await CoreStage.open({ mode });
  stage.redirectTo(stage.callback(await stage.begin()));
  const code = (await stage.send('/login/done')).location?.searchParams.get('code') ?? '';
  const fields = { grant_type: 'authorization_code', client_id: 'spa', code, redirect_uri: REDIRECT_URI };
  const target = '/oauth2/token?tenant=a+b&code=&redirect_uri=';
  expect((await stage.postForm(target, { ...fields, code_verifier: stage.pair.verifier })).status).toBe(200);
  expect(stage.last.query).toBe(expected);
});
