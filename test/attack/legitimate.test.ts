import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { newPkcePair } from '../support/pkce-pair.ts';
import { rawRequest, sendRaw } from '../support/raw-http.ts';
import { type Answer, type Recorder, startRecorder } from '../support/upstreams/recorder.ts';
import { LOGIN_REQUESTS, type LoginRequest, REDIRECT_URIS } from './legitimate/logins.ts';
import { PAGE_REQUESTS } from './legitimate/pages.ts';
import { TOKEN_REQUESTS } from './legitimate/token-requests.ts';

const named = <T extends { readonly name: string }>(cases: readonly T[]) =>
  cases.map((one) => [one.name, one] as const);

// A refusal of any of these would be an outage.
let server: Recorder;
let gateway: GatewayUnderTest;
let host: string;

beforeAll(async () => {
  server = await startRecorder();
  gateway = await startGatewayUnderTest({
    upstream: server.url,
    issuer: [
      'forward_pkce: never',
      'endpoints: {authorization: [/oauth2/authorize], token: [/oauth2/token], pushed_authorization: [/oauth2/par]}',
      'unlisted_clients: {mode: enforce}',
      `clients: {spa: {mode: enforce, redirect_uris: ${JSON.stringify(Object.values(REDIRECT_URIS))}}}`,
    ].join('\n'),
  });
  host = new URL(gateway.url).host;
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Refusals, and reported violations. */
async function countViolations(): Promise<number> {
  const metrics = await gateway.metrics();
  return metrics.value('rejections_total') + metrics.value('report_only_violations_total');
}

let before = 0;
beforeEach(async () => {
  before = await countViolations();
});

async function expectNoRefusal(): Promise<void> {
  expect((await countViolations()) - before).toBe(0);
}

test('the tables have enough cases', () =>
  expect(PAGE_REQUESTS.length + LOGIN_REQUESTS.length + TOKEN_REQUESTS.length).toBeGreaterThanOrEqual(80));

describe('passes byte for byte, and so does its response', () => {
  test.each(named(PAGE_REQUESTS))(
    '%s',
    async (_, { method = 'GET', target, headers = [], body = '', answer = { body: 'fine' } }) => {
      server.answer = () => answer;
      const response = await sendRaw(
        gateway.url,
        rawRequest(`${method} ${target} HTTP/1.1`, headers, body, host),
      );
      const { status = 200, headers: answered = {}, body: said = '' } = answer;
      expect(response.status).toBe(status);
      expect(response.body).toBe(said);
      for (const [name, value] of Object.entries(answered)) {
        expect(response.headers).toContainEqual([name, value]);
      }
      const sent = headers.includes('Transfer-Encoding: chunked') ? 'hello' : body;
      // The gateway itself requests discovery documents in between.
      expect(server.requests.findLast((request) => request.target === target)).toMatchObject({
        method,
        target,
        body: sent,
      });
      await expectNoRefusal();
    },
  );
});

/** The server answers a login at once, in the requested mode. */
/** Each code belongs to one login. */
let codesGiven = 0;

function answerLogin({ target, body }: { readonly target: string; readonly body: string }) {
  const asked = new URLSearchParams(body === '' ? target.split('?').slice(1).join('?') : body);
  const location = asked.get('redirect_uri') ?? REDIRECT_URIS.usual;
  codesGiven += 1;
  const answer = new URLSearchParams({ code: `the-code-${codesGiven}`, state: asked.get('state') ?? '' });
  return { status: 302, headers: { location: `${location}${location.includes('?') ? '&' : '?'}${answer}` } };
}

function writeLogin({ parameters, more = '' }: LoginRequest, challenge: string): string {
  const all: LoginRequest['parameters'] = {
    response_type: 'code',
    client_id: 'spa',
    redirect_uri: encodeURIComponent(REDIRECT_URIS.usual),
    state: 'the-state',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...parameters,
  };
  const written = Object.entries(all).filter(([, value]) => value !== undefined);
  return written.map(([name, value]) => `${name}=${value}`).join('&') + more;
}

const OURS = ['state', 'code_challenge', 'code_challenge_method'];
const others = (text: string) => [...new URLSearchParams(text)].filter(([name]) => !OURS.includes(name));
/** Octets as a text in UTF-8. */
const utf8 = (text: string) => Buffer.from(text, 'latin1').toString();

describe.each(['GET', 'POST'] as const)('a login begun by %s', (method) => {
  test.each(named(LOGIN_REQUESTS))('%s', async (_, login) => {
    server.answer = answerLogin;
    const query = writeLogin(login, newPkcePair().challenge);
    const request =
      method === 'GET'
        ? rawRequest(`GET /oauth2/authorize?${query} HTTP/1.1`, [], '', host)
        : rawRequest(
            'POST /oauth2/authorize HTTP/1.1',
            ['Content-Type: application/x-www-form-urlencoded'],
            query,
            host,
          );
    const { status, headers } = await sendRaw(gateway.url, request);

    expect(status).toBe(302);
    const location = headers.find(([name]) => name === 'location')?.[1] ?? '';
    const asked = new URLSearchParams(utf8(query));
    expect(location.startsWith(asked.get('redirect_uri') ?? REDIRECT_URIS.usual)).toBe(true);
    const answer = new URLSearchParams(location.split('?').slice(1).join('?'));
    expect(answer.get('code')).toMatch(/./);
    expect(answer.get('state')).toBe(asked.get('state'));
    const asks = server.requests.filter((one) => one.target.startsWith('/oauth2/authorize'));
    const { target, body } = asks.at(-1) ?? { target: '', body: '' };
    expect(others(method === 'GET' ? target.split('?').slice(1).join('?') : body)).toEqual(
      others(utf8(query)),
    );
    await expectNoRefusal();
  });
});

const CARRIED: readonly (readonly [name: string, answer: (state: string) => Answer])[] = [
  [
    'a form for the code of a TOTP',
    (state) => carriedBy(`<input name=code><input type=hidden name=state value="${state}">`),
  ],
  [
    'such a form, filled in before',
    (state) => carriedBy(`<input name=code value="123456"><input type=hidden name=state value="${state}">`),
  ],
  [
    'a form that knows of an error',
    (state) =>
      carriedBy(
        `<input type=hidden name=error value=expired><input type=hidden name=state value="${state}">`,
      ),
  ],
  ['a redirect to its own page', (state) => ({ status: 302, headers: { location: `/mfa?state=${state}` } })],
  [
    'such a redirect, with an error',
    (state) => ({ status: 302, headers: { location: `/mfa?error=1&state=${state}` } }),
  ],
];

function carriedBy(inputs: string): Answer {
  return { headers: { 'content-type': 'text/html' }, body: `<form method=post action=/mfa>${inputs}</form>` };
}

describe('a server that keeps the state in its login pages', () => {
  test.each(CARRIED)('in %s', async (_, answer) => {
    let given: Answer = {};
    server.answer = ({ target }) => {
      given = answer(new URLSearchParams(target.split('?')[1]).get('state') ?? '');
      return given;
    };
    const query = writeLogin({ name: '', parameters: {} }, newPkcePair().challenge);
    const response = await sendRaw(
      gateway.url,
      rawRequest(`GET /oauth2/authorize?${query} HTTP/1.1`, [], '', host),
    );
    expect(response.status).toBe(given.status ?? 200);
    expect(response.body).toBe(given.body ?? '');
    expect(response.headers.find(([name]) => name === 'location')?.[1]).toBe(given.headers?.['location']);
    await expectNoRefusal();
  });
});

describe('a token request', () => {
  test.each(named(TOKEN_REQUESTS))('%s', async (_, { headers, body, target = '/oauth2/token' }) => {
    server.answer = answerLogin;
    const { verifier, challenge } = newPkcePair();
    const query = writeLogin({ name: '', parameters: {} }, challenge);
    const login = await sendRaw(
      gateway.url,
      rawRequest(`GET /oauth2/authorize?${query} HTTP/1.1`, [], '', host),
    );
    const code = /[?&]code=([^&\s]+)/.exec(login.raw)?.[1] ?? '';
    const form = body.replace('CODE', code).replace('VERIFIER', verifier);

    server.answer = () => ({ headers: { 'content-type': 'application/json' }, body: '{"access_token":"x"}' });
    const sent = headers ?? ['Content-Type: application/x-www-form-urlencoded'];
    const response = await sendRaw(gateway.url, rawRequest(`POST ${target} HTTP/1.1`, sent, form, host));

    expect(response.status).toBe(200);
    expect(response.body).toBe('{"access_token":"x"}');
    // `forward_pkce: never`: the verifier is removed.
    const asked = [...new URLSearchParams(form)]
      .filter(([name]) => name !== 'code_verifier')
      .map(([name, value]) => [name, name === 'code' && value === code ? `the-code-${codesGiven}` : value]);
    const received = server.requests.findLast((one) => !one.target.startsWith('/.well-known/'));
    expect(received?.target).toBe(target);
    expect([...new URLSearchParams(received?.body)]).toEqual(asked);
    const authorization = sent.find((line) => line.startsWith('Authorization: '));
    expect(received?.headers.authorization).toBe(authorization?.slice('Authorization: '.length));
    await expectNoRefusal();
  });
});
