import { describe, expect, test } from 'vitest';
import { unsignedJwt } from '../support/unsigned-jwt.ts';
import { CARRIER_CASES, found, fromUrl, html, input, page } from './carrier-cases.ts';
import { CoreStage, REDIRECT_URI, STATE, UPSTREAM_CODE } from './core-stage.ts';

const HEADERS: Readonly<Record<string, (url: string) => string>> = {
  Refresh: (url) => `0; url=${url}`,
  Link: (url) => `<${url}>; rel="next"`,
};

describe.each(['enforce', 'report'] as const)('in %s', (mode) => {
  test.each(CARRIER_CASES)(
    '$name brings the client its own state, and its code is redeemed',
    async (carrier) => {
      await using stage = await CoreStage.open({ mode });
      const state = await stage.begin();
      const body = carrier.body(stage.callback(state), state);
      stage.respond = (_received, response) =>
        void response.writeHead(200, { 'Content-Type': carrier.contentType }).end(body);
      const answer = await stage.send('/login/done');
      const got = carrier.read(answer.text);
      expect(got.state).toBe(STATE);
      if (mode === 'enforce') expect(answer.text).not.toContain(UPSTREAM_CODE);
      else expect(got.code).toBe(UPSTREAM_CODE);
      expect((await stage.redeem(got.code)).status).toBe(200);
      expect([...stage.reasons('refusal'), ...stage.reasons('report_only_violation')]).toEqual([]);
    },
  );

  // Scripts follow the others, such as those of htmx and Turbolinks.
  test.each(['Refresh', 'Link', 'HX-Redirect', 'Turbolinks-Location', 'X-Redirect-Url'])(
    'a %s header',
    async (name) => {
      await using stage = await CoreStage.open({ mode });
      const state = await stage.begin();
      const url = stage.callback(state);
      stage.respond = (_received, response) => {
        response.writeHead(200, { [name]: HEADERS[name]?.(url) ?? url }).end();
      };
      const { headers } = await stage.send('/login/done');
      const target = fromUrl(found(String(headers[name.toLowerCase()]), /(https:[^>]*)/));
      expect(target.state).toBe(STATE);
      expect((await stage.redeem(target.code)).status).toBe(200);
    },
  );

  test('the body of a redirect is dropped, because servers repeat the URL in it', async () => {
    await using stage = await CoreStage.open({ mode });
    const state = await stage.begin();
    const url = stage.callback(state);
    stage.redirectTo(url, 302, `<a href="${html(url)}">Found</a>.`);
    const answer = await stage.send('/login/done');
    expect([answer.status, answer.text]).toEqual([302, '']);
    expect(fromUrl(answer.location?.href).state).toBe(STATE);
  });

  // A script that calls the server reads the body; browsers ignore the Location.
  test.each([200, 201, 401])(
    'a %i with a Location keeps its body, whose code is the same',
    async (status) => {
      await using stage = await CoreStage.open({ mode });
      const url = stage.callback(await stage.begin());
      stage.respond = (_received, response) => {
        response.writeHead(status, { Location: url, 'Content-Type': 'application/json' });
        response.end(JSON.stringify({ url }));
      };
      const answer = await stage.send('/login/done');
      expect(answer.status).toBe(status);
      expect(JSON.parse(answer.text)).toEqual({ url: String(answer.headers['location']) });
      expect(answer.location?.searchParams.get('state')).toBe(STATE);
      expect((await stage.redeem(answer.location?.searchParams.get('code') ?? '')).status).toBe(200);
    },
  );

  test.each([['html'], ['text/html, text/html'], ['image/png', 'text/html']])(
    'a page whose Content-Type is %j is read as browsers do',
    async (...types) => {
      await using stage = await CoreStage.open({ mode });
      const url = stage.callback(await stage.begin());
      stage.respond = (_received, response) =>
        void response.writeHead(200, { 'Content-Type': types }).end(`<a href="${html(url)}">Go</a>`);
      const { text } = await stage.send('/login/done');
      const got = fromUrl(found(text, /href="([^"]*)"/).replaceAll('&amp;', '&'));
      expect(got.state).toBe(STATE);
      expect((await stage.redeem(got.code)).status).toBe(200);
    },
  );

  test.each(['text/html', 'text/plain; charset=utf-8', 'text/x-json', ''])(
    'JSON is followed with the Content-Type %j, as PHP sends it',
    async (type) => {
      await using stage = await CoreStage.open({ mode });
      stage.respond = (_received, response) => {
        const body = JSON.stringify({ code: UPSTREAM_CODE, state: stage.upstreamState });
        response.writeHead(200, type === '' ? {} : { 'Content-Type': type }).end(` ${body}`);
      };
      const { code, state } = JSON.parse((await stage.authorize()).text);
      expect(state).toBe(STATE);
      expect((await stage.redeem(code)).status).toBe(200);
    },
  );

  test('login and consent pages with the prefix stay unchanged', async () => {
    await using stage = await CoreStage.open({ mode });
    const state = await stage.begin();
    const body = page(
      `<form method="post" action="/login">${input('state', state)}${input('code', '')}<input name="user"></form><a href="/oauth2/authorize?state=${encodeURIComponent(state)}">back</a>`,
    );
    stage.respond = (_received, response) =>
      void response.writeHead(200, { 'Content-Type': 'text/html' }).end(body);
    expect((await stage.send('/login')).text).toBe(body);
  });

  test('an error returns with the client’s own state', async () => {
    await using stage = await CoreStage.open({ mode });
    const state = await stage.begin();
    stage.redirectTo(`${REDIRECT_URI}?error=access_denied&state=${encodeURIComponent(state)}`);
    const { location } = await stage.send('/login/done');
    expect([location?.searchParams.get('error'), location?.searchParams.get('state')]).toEqual([
      'access_denied',
      STATE,
    ]);
  });

  // RFC 6749 3.1: an empty value counts as none.
  test.each(['', '&error=access_denied', '#code=', `&response=${unsignedJwt({ code: '', aud: 'spa' })}`])(
    'an empty code is none: code=%s',
    async (rest) => {
      await using stage = await CoreStage.open({ mode });
      stage.respond = (_received, response) => {
        const url = `${stage.callback(stage.upstreamState, '')}${rest}`;
        response.writeHead(302, { Location: url }).end();
      };
      const { location } = await stage.authorize();
      expect(location?.href).toBe(`${stage.callback(STATE, '')}${rest}`);
      expect([...stage.reasons('refusal'), ...stage.reasons('report_only_violation')]).toEqual([]);
    },
  );

  test('other empty parameters are none either', async () => {
    await using stage = await CoreStage.open({ mode });
    const rest = '&response=&id_token=&error=';
    stage.redirectTo(`${stage.callback(await stage.begin())}${rest}`);
    const { location } = await stage.send('/login/done');
    expect([location?.searchParams.get('state'), location?.search.slice(-rest.length)]).toEqual([
      STATE,
      rest,
    ]);
    const code = location?.searchParams.get('code');
    expect(code === UPSTREAM_CODE).toBe(mode === 'report');
    expect((await stage.redeem(code ?? '')).status).toBe(200);
    expect([...stage.reasons('refusal'), ...stage.reasons('report_only_violation')]).toEqual([]);
  });

  test('an empty code beside another one stays empty', async () => {
    await using stage = await CoreStage.open({ mode });
    stage.redirectTo(`${stage.callback(await stage.begin())}&code=`);
    const { location } = await stage.send('/login/done');
    expect(location?.searchParams.getAll('code')).toEqual([expect.stringMatching(/./), '']);
    expect((await stage.redeem(location?.searchParams.get('code') ?? '')).status).toBe(200);
  });

  test.each([
    [
      'a private scheme with an empty path',
      'msauth.com.example.app://auth',
      'msauth.com.example.app://auth/',
    ],
    ['the host of a private scheme', 'com.example.app://Auth/cb', 'com.example.app://auth/cb'],
    ['an unreserved character', 'https://app.example.com/%7Eme', 'https://app.example.com/~me'],
    ['an escape in lower case', 'https://app.example.com/a%2Fb', 'https://app.example.com/a%2fb'],
    ['no path', 'https://app.example.com', 'https://app.example.com/'],
  ])('a target that differs only in %s gets its code', async (_, registered, answered) => {
    await using stage = await CoreStage.open({
      mode,
      clients: [`app: {mode: ${mode}, redirect_uris: ["${registered}"]}`],
    });
    const state = await stage.begin({ client_id: 'app', redirect_uri: registered });
    stage.redirectTo(`${answered}?code=${UPSTREAM_CODE}&state=${encodeURIComponent(state)}`);
    const { headers } = await stage.send('/login/done');
    const code = found(String(headers['location']), /code=([^&]*)/);
    const tokens = await stage.redeem(code, { client_id: 'app', redirect_uri: registered });
    expect(tokens.status).toBe(200);
  });
});
