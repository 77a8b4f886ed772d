import { describe, expect, test } from 'vitest';
import { CoreStage, errorOf, REDIRECT_URI, STATE } from './core-stage.ts';

const MODES = ['enforce', 'report'] as const;
const AUTHORIZE = '/oauth2/authorize';

const BOUNDARY = '----geckoformboundary5f0e';
const MULTIPART = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
const FILE =
  'Content-Disposition: form-data; name="photo"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n';

function field(name: string, value: string): string {
  return `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`;
}

/** A form as browsers send it. */
function multipart(...fields: readonly string[]): string {
  return `${fields.map((each) => `--${BOUNDARY}\r\n${each}\r\n`).join('')}--${BOUNDARY}--\r\n`;
}

async function finish(stage: CoreStage): Promise<void> {
  stage.redirectTo(stage.callback(stage.upstreamState));
  const { location } = await stage.send('/login/done');
  expect(location?.searchParams.get('state')).toBe(STATE);
  expect((await stage.redeem(location?.searchParams.get('code') ?? '')).status).toBe(200);
}

async function countRequests(stage: CoreStage): Promise<number> {
  const samples = await stage.gateway.metrics();
  return samples.value('authorization_requests_total', { client: 'spa', challenge_method: 'S256' }) ?? 0;
}

describe.each(MODES)('pages at the authorization endpoint, in %s', (mode) => {
  test('a login form that posts to the address bar (action="#") logs in', async () => {
    await using stage = await CoreStage.open({ mode });
    await stage.authorize();
    const answer = await stage.postForm(`${AUTHORIZE}?${stage.query()}`, { user: 'u', password: 'p&=+%' });
    expect(answer.status).toBe(200);
    expect(new URLSearchParams(stage.last.body).get('password')).toBe('p&=+%');
    expect(stage.upstreamState.slice(32)).toBe(STATE);
    await finish(stage);
    expect([...stage.reasons('refusal'), ...stage.reasons('report_only_violation')]).toEqual([]);
    expect(await countRequests(stage)).toBe(1);
  });

  test.each([
    ['its address holds the request', true],
    ['its address holds none', false],
  ])('a multipart consent form passes byte for byte: %s', async (_, holdsRequest) => {
    await using stage = await CoreStage.open({ mode, unlisted: mode });
    await stage.authorize();
    const body = multipart(field('csrf_token', 'a=1&b\r\n--'), field('answer', 'ü'), FILE);
    const address = holdsRequest ? `${AUTHORIZE}?${stage.query()}` : AUTHORIZE;
    expect((await stage.postForm(address, body, MULTIPART)).status).toBe(200);
    expect(stage.last.body).toBe(Buffer.from(body).toString('latin1'));
    await finish(stage);
    expect([...stage.reasons('refusal'), ...stage.reasons('report_only_violation')]).toEqual([]);
    expect(await countRequests(stage)).toBe(1);
  });

  test.each(['', 'state: preserve'])(
    'a consent form that repeats the request in hidden inputs, some of them empty, continues the flow: %s',
    async (policy) => {
      await using stage = await CoreStage.open({ mode, policy });
      const upstreamState = await stage.begin();
      const hidden = {
        csrf: 'x',
        decision: 'allow',
        code: '123456',
        client_id: 'spa',
        response_type: 'code',
        redirect_uri: REDIRECT_URI,
        state: upstreamState,
        code_challenge: '',
        code_challenge_method: '',
        nonce: '',
      };
      await stage.postForm(`${AUTHORIZE}?${stage.query()}`, hidden);
      const sent = new URLSearchParams(stage.last.body);
      expect(sent.get('state')).toBe(upstreamState);
      expect(new URLSearchParams(stage.last.query).get('state')).toBe(upstreamState);
      expect([sent.get('decision'), sent.get('code')]).toEqual(['allow', '123456']);
      await finish(stage);
      expect([...stage.reasons('refusal'), ...stage.reasons('report_only_violation')]).toEqual([]);
      expect(await countRequests(stage)).toBe(1);
    },
  );

  test('in a second tab, a server with the first login in its session completes that login', async () => {
    await using stage = await CoreStage.open({ mode });
    const first = await stage.begin({ state: 'first' });
    const posted = Object.fromEntries(new URLSearchParams(stage.last.query));
    await stage.authorize({ state: 'second', code_challenge: 'B'.repeat(43) });
    const query = stage.query({ state: 'second', code_challenge: 'B'.repeat(43) });
    await stage.postForm(`${AUTHORIZE}?${query}`, { ...posted, confirm: 'x' });
    expect(new URLSearchParams(stage.last.body).get('state')).toBe(first);
    stage.redirectTo(stage.callback(first));
    const { location } = await stage.send('/login/done');
    expect(location?.searchParams.get('state')).toBe('first');
    expect((await stage.redeem(location?.searchParams.get('code') ?? '')).status).toBe(200);
    expect([...stage.reasons('refusal'), ...stage.reasons('report_only_violation')]).toEqual([]);
  });

  test.each([
    ['an approval alone', 'POST', '', 'user_oauth_approval=true&scope.read=true'],
    ['a consent with the server’s own state', 'POST', '', 'client_id=spa&state=own&scope=a&scope=b'],
    ['an approval with a query of the server', 'POST', 'execution=e1s2', 'decision=allow'],
    ['a return with a session key', 'GET', 'sessionDataKey=1b2c', ''],
    ['a return with an execution', 'GET', 'execution=e1s2&_eventId=proceed', ''],
    ['nothing at all', 'GET', '', ''],
  ])('a step of the server itself passes unchanged: %s', async (_, method, query, body) => {
    await using stage = await CoreStage.open({ mode });
    const target = query === '' ? AUTHORIZE : `${AUTHORIZE}?${query}`;
    await (method === 'GET' ? stage.send(target) : stage.postForm(target, body));
    expect([stage.last.method, stage.last.query, stage.last.body]).toEqual([method, query, body]);
    expect([...stage.reasons('refusal'), ...stage.reasons('report_only_violation')]).toEqual([]);
  });

  test('the response to a step is followed', async () => {
    await using stage = await CoreStage.open({ mode });
    const state = await stage.begin();
    stage.redirectTo(stage.callback(state));
    const { location } = await stage.postForm(AUTHORIZE, { user_oauth_approval: 'true' });
    expect(location?.searchParams.get('state')).toBe(STATE);
    expect((await stage.redeem(location?.searchParams.get('code') ?? '')).status).toBe(200);
  });

  test('the Back button after the login, and a reload, enter the flow again', async () => {
    await using stage = await CoreStage.open({ mode });
    const state = await stage.begin();
    await stage.authorize({ state, code_challenge: undefined, code_challenge_method: undefined });
    await finish(stage);
    await stage.authorize({ state, code_challenge: undefined, code_challenge_method: undefined });
    expect(new URLSearchParams(stage.last.query).get('state')).toBe(state);
    stage.redirectTo(stage.callback(state, 'another-code-0123456789'));
    const { location } = await stage.send('/login/done');
    expect((await stage.redeem(location?.searchParams.get('code') ?? '')).status).toBe(200);
    expect([...stage.reasons('refusal'), ...stage.reasons('report_only_violation')]).toEqual([]);
    expect(await countRequests(stage)).toBe(1);
  });
});

test('a login without PKCE is one violation in report, for any number of posts of its page', async () => {
  await using stage = await CoreStage.open({ mode: 'report' });
  const query = stage.query({ code_challenge: undefined, code_challenge_method: undefined });
  await stage.send(`${AUTHORIZE}?${query}`);
  await stage.postForm(`${AUTHORIZE}?${query}`, { user: 'u', password: 'p' });
  expect(stage.reasons('report_only_violation')).toEqual(['challenge_missing']);
});

test('a login with a preserved state too, whose page repeats the request', async () => {
  await using stage = await CoreStage.open({ mode: 'report', policy: 'state: preserve' });
  const query = stage.query({ code_challenge_method: 'plain' });
  await stage.send(`${AUTHORIZE}?${query}`);
  await stage.postForm(`${AUTHORIZE}?${query}`, `${query}&decision=allow`);
  expect(stage.reasons('report_only_violation')).toEqual(['method_not_allowed']);
});

describe('not a step', () => {
  test.each([
    ['a name alike but for case', 'GET', 'Response_Type=code', ''],
    ['a name alike but for brackets', 'GET', 'redirect_uri[]=https%3A%2F%2Fevil.example', ''],
    ['a GET that names a client', 'GET', 'client_id=spa', ''],
  ])('%s is judged in enforce', async (_, _method, query) => {
    await using stage = await CoreStage.open({ unlisted: 'enforce' });
    expect((await stage.send(`${AUTHORIZE}?${query}`)).status).toBe(400);
    expect(stage.received).toEqual([]);
  });

  test('a body that is not a form is judged in enforce', async () => {
    await using stage = await CoreStage.open({ unlisted: 'enforce' });
    const answer = await stage.postForm(AUTHORIZE, '{"client_id":"spa"}', {
      'content-type': 'application/json',
    });
    expect(answer.status).toBe(415);
    expect(stage.received).toEqual([]);
  });

  test.each([
    [
      'a parameter of the request',
      multipart(field('csrf', 'x'), field('redirect_uri', 'https://evil.example')),
    ],
    ['a lookalike of one', multipart(field('Client.Id', 'lax'))],
    ['a parameter for servers that read every body as a form', multipart(field('csrf', '&client_id=lax&'))],
    ['an escaped name', multipart(field('client\\_id', 'lax'))],
    [
      'a name in another notation',
      multipart("Content-Disposition: form-data; name*=utf-8''client%5Fid\r\n\r\nlax"),
    ],
    ['a second name', multipart('Content-Disposition: form-data; name="x"; name="client_id"\r\n\r\nlax')],
    ['a further header', multipart('Content-Disposition: form-data; name="x"\r\nX-A: b\r\n\r\nlax')],
    [
      'a boundary after a bare line end',
      multipart(field('csrf', `x\n--${BOUNDARY}\n${field('client_id', 'lax')}`)),
    ],
    ['text before its first field', `x\r\n${multipart(field('csrf', 'x'))}`],
    ['text after its end', `${multipart(field('csrf', 'x'))}client_id=lax`],
    ['no end', multipart(field('csrf', 'x')).slice(0, -4)],
  ])('a multipart form with %s is refused in enforce', async (_, body) => {
    await using stage = await CoreStage.open();
    expect((await stage.postForm(`${AUTHORIZE}?${stage.query()}`, body, MULTIPART)).status).toBe(415);
    expect(stage.received).toEqual([]);
  });

  test.each(['client_id=lax', 'redirect_uri=https%3A%2F%2Fevil.example', 'Client_Id=lax'])(
    'a body that would complete the login of another tab, with %s repeated: refused',
    async (again) => {
      await using stage = await CoreStage.open();
      await stage.begin({ state: 'first' });
      const posted = stage.last.query;
      const answer = await stage.postForm(
        `${AUTHORIZE}?${stage.query({ state: 'second' })}`,
        `${posted}&${again}`,
      );
      expect(answer.status).toBe(400);
      expect(stage.reasons('refusal')).toEqual(['parameter_conflict']);
      expect(stage.received).toHaveLength(1);
    },
  );

  test.each([
    'redirect_uri=https%3A%2F%2Fevil.example',
    'client_id=lax',
    'response_type=token',
    'code_challenge=A',
    'state=%FF',
    'Client_Id=lax',
  ])('a repeated parameter of the server itself does not hide %s after it', async (again) => {
    await using stage = await CoreStage.open();
    const query = stage.query();
    for (const own of ['x=1&x=1', 'code=1&code=1', 'x=%FF']) {
      const body = `${own}&${query}&${again}`;
      await stage.postForm(`${AUTHORIZE}?${query}`, body);
      expect(stage.received).toEqual([]);
    }
    expect(stage.reasons('refusal')).toHaveLength(3);
  });

  test('nor does it in report, where such a request begins no flow', async () => {
    await using stage = await CoreStage.open({ mode: 'report' });
    const query = `x=1&x=1&${stage.query()}&redirect_uri=https%3A%2F%2Fevil.example`;
    await stage.send(`${AUTHORIZE}?${query}`);
    expect(stage.last.query).toBe(query);
  });

  test.each([
    ['client_id', 'other'],
    ['redirect_uri', 'https://app.example.com/other'],
    ['response_type', 'token'],
    ['state', 'another'],
    ['code_challenge', 'A'.repeat(43)],
  ])('query and body with different %s are a parameter_conflict', async (name, value) => {
    await using stage = await CoreStage.open();
    const answer = await stage.postForm(`${AUTHORIZE}?${stage.query()}`, { client_id: 'spa', [name]: value });
    expect(answer.status).toBe(400);
    expect(stage.reasons('refusal')).toEqual(['parameter_conflict']);
    expect(stage.received).toEqual([]);
  });
});

describe('a refusal gives the client its own state', () => {
  test.each([
    ['a state', STATE],
    ['none', undefined],
  ])('after re-entry: %s', async (_, state) => {
    await using stage = await CoreStage.open();
    const upstreamState = await stage.begin({ state });
    const answer = await stage.authorize({
      state: upstreamState,
      response_type: 'id_token',
      code_challenge: undefined,
    });
    expect(errorOf(answer).get('error')).toBe('unsupported_response_type');
    expect(errorOf(answer).get('state')).toBe(state ?? null);
    expect(answer.location?.href).not.toContain(upstreamState.slice(0, 32));
  });
});
