import { describe, expect, test } from 'vitest';
import { CoreStage, REDIRECT_URI, STATE, UPSTREAM_CODE } from './core-stage.ts';

/** What the server writes, and how a browser or script reads code and state out of what arrives. */
type CarrierCase = {
  readonly name: string;
  readonly contentType: string;
  readonly body: (url: string, state: string) => string;
  readonly read: (text: string) => { readonly code: string; readonly state: string };
};

const html = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
const unhtml = (text: string) =>
  text.replaceAll('&lt;', '<').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
const fromUrl = (text: string | undefined) => {
  const { searchParams } = new URL(text ?? 'about:blank');
  return { code: searchParams.get('code') ?? '', state: searchParams.get('state') ?? '' };
};
const found = (text: string, pattern: RegExp) => pattern.exec(text)?.[1] ?? '';
const page = (inner: string) =>
  `<!doctype html><html><head><title>x</title></head><body>${inner}</body></html>`;

const form = (method: string, target: string, fields: string) =>
  page(
    `<form method="${method}" action="${target}">${fields}<noscript><button>Go</button></noscript></form>`,
  );
const input = (name: string, value: string) => `<input type="hidden" name="${name}" value="${html(value)}">`;
const readInputs = (text: string) => ({
  code: unhtml(found(text, /name="code" value="([^"]*)"/)),
  state: unhtml(found(text, /name="state" value="([^"]*)"/)),
});

const CASES: readonly CarrierCase[] = [
  {
    name: 'a form_post page',
    contentType: 'text/html; charset=utf-8',
    body: (_url, state) => form('post', REDIRECT_URI, input('code', UPSTREAM_CODE) + input('state', state)),
    read: readInputs,
  },
  {
    name: 'a form that is sent by GET',
    contentType: 'text/html',
    body: (_url, state) => form('get', REDIRECT_URI, input('state', state) + input('code', UPSTREAM_CODE)),
    read: readInputs,
  },
  {
    name: 'a button with a formaction',
    contentType: 'text/html',
    body: (_url, state) =>
      page(
        `<form method="post" action="/own">${input('code', UPSTREAM_CODE)}${input('state', state)}<button formaction="${REDIRECT_URI}">Go</button></form>`,
      ),
    read: readInputs,
  },
  {
    name: 'a button that is the code, and a textarea that is the state',
    contentType: 'text/html',
    body: (_url, state) =>
      form(
        'post',
        REDIRECT_URI,
        `<textarea name="state">${html(state)}</textarea><button name="code" value="${UPSTREAM_CODE}">Go</button>`,
      ),
    read: (text) => ({
      code: found(text, /name="code" value="([^"]*)"/),
      state: unhtml(found(text, /<textarea name="state">([^<]*)</)),
    }),
  },
  {
    name: 'a meta refresh',
    contentType: 'text/html',
    body: (url) => `<!doctype html><meta http-equiv="refresh" content="0;url=${html(url)}"><p>wait</p>`,
    read: (text) => fromUrl(unhtml(found(text, /content="0;url=([^"]*)"/))),
  },
  {
    name: 'a link',
    contentType: 'text/html',
    body: (url) => page(`<a href="${html(url)}">Continue</a>`),
    read: (text) => fromUrl(unhtml(found(text, /href="([^"]*)"/))),
  },
  {
    // Members of every JavaScript object, and no references of HTML.
    name: 'a link with what looks like references',
    contentType: 'text/html',
    body: (url) =>
      page(`<a href="${html(url).replace('?', '?x=1&constructor;&toString;&amp;')}">Continue</a>`),
    read: (text) => fromUrl(unhtml(found(text, /href="([^"]*)"/))),
  },
  {
    name: 'an iframe',
    contentType: 'text/html',
    body: (url) => page(`<iframe src='${html(url)}'></iframe>`),
    read: (text) => fromUrl(unhtml(found(text, /src='([^']*)'/))),
  },
  ...(['plain', '\\u0026', '\\/', '\\x26'] as const).map((escaping) => ({
    name: `a script that names the URL, ${escaping}`,
    contentType: 'text/html',
    body: (url: string) => {
      const written =
        escaping === 'plain'
          ? url
          : escaping === '\\/'
            ? url.replaceAll('/', '\\/')
            : url.replaceAll('&', escaping === '\\u0026' ? '\\u0026' : '\\x26');
      return page(`<script>window.location.href = "${written}";</script>`);
    },
    read: (text: string) => {
      const literal = found(text, /location\.href = "([^"]*)"/);
      return fromUrl(literal.replaceAll('\\/', '/').replaceAll('\\u0026', '&').replaceAll('\\x26', '&'));
    },
  })),
  {
    name: 'a script that posts a message',
    contentType: 'text/html',
    body: (_url, state) =>
      page(
        `<script>window.opener.postMessage({type:"authorization_response",response:{code:"${UPSTREAM_CODE}",state:${JSON.stringify(state)}}},"https://app.example.com")</script>`,
      ),
    read: (text) => ({
      code: found(text, /code:"([^"]*)"/),
      state: JSON.parse(`"${found(text, /state:"((?:[^"\\]|\\.)*)"/)}"`),
    }),
  },
  {
    name: 'JSON that names the URL',
    contentType: 'application/json',
    body: (url) => JSON.stringify({ redirect: url }),
    read: (text) => fromUrl(JSON.parse(text).redirect),
  },
  {
    name: 'JSON that has code and state apart',
    contentType: 'application/json; charset=utf-8',
    body: (_url, state) => JSON.stringify({ code: UPSTREAM_CODE, state, redirect_uri: REDIRECT_URI }),
    read: (text) => JSON.parse(text),
  },
  {
    name: 'XML that names the URL',
    contentType: 'application/xml',
    body: (url) => `<?xml version="1.0"?><r><location>${html(url)}</location></r>`,
    read: (text) => fromUrl(unhtml(found(text, /<location>([^<]*)</))),
  },
  {
    name: 'a text',
    contentType: 'text/plain',
    body: (url) => `Continue at ${url}\n`,
    read: (text) => fromUrl(found(text, /at (\S+)/)),
  },
  {
    name: 'a form on a page of 200 KB',
    contentType: 'text/html',
    body: (_url, state) =>
      page(
        `<style>${'x'.repeat(200_000)}</style>${form('post', REDIRECT_URI, input('code', UPSTREAM_CODE) + input('state', state))}`,
      ),
    read: readInputs,
  },
];

describe.each(['enforce', 'report'] as const)('in %s', (mode) => {
  test.each(CASES)('$name brings the client its own state, and its code is redeemed', async (carrier) => {
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
  });

  test.each(['Refresh', 'Link'])('a %s header', async (name) => {
    await using stage = await CoreStage.open({ mode });
    const state = await stage.begin();
    const url = stage.callback(state);
    stage.respond = (_received, response) => {
      response
        .writeHead(200, { [name]: name === 'Refresh' ? `0; url=${url}` : `<${url}>; rel="next"` })
        .end();
    };
    const { headers } = await stage.send('/login/done');
    const target = fromUrl(found(String(headers[name.toLowerCase()]), /(https:[^>]*)/));
    expect(target.state).toBe(STATE);
    expect((await stage.redeem(target.code)).status).toBe(200);
  });

  test('the body of a redirect goes, because servers repeat the URL in it', async () => {
    await using stage = await CoreStage.open({ mode });
    const state = await stage.begin();
    const url = stage.callback(state);
    stage.redirectTo(url, 302, `<a href="${html(url)}">Found</a>.`);
    const answer = await stage.send('/login/done');
    expect([answer.status, answer.text]).toEqual([302, '']);
    expect(fromUrl(answer.location?.href).state).toBe(STATE);
  });

  test('login and consent pages that hold the prefix stay as they are', async () => {
    await using stage = await CoreStage.open({ mode });
    const state = await stage.begin();
    const body = page(
      `<form method="post" action="/login">${input('state', state)}${input('code', '')}<input name="user"></form><a href="/oauth2/authorize?state=${encodeURIComponent(state)}">back</a>`,
    );
    stage.respond = (_received, response) =>
      void response.writeHead(200, { 'Content-Type': 'text/html' }).end(body);
    expect((await stage.send('/login')).text).toBe(body);
  });

  test('an error comes back with the client’s own state', async () => {
    await using stage = await CoreStage.open({ mode });
    const state = await stage.begin();
    stage.redirectTo(`${REDIRECT_URI}?error=access_denied&state=${encodeURIComponent(state)}`);
    const { location } = await stage.send('/login/done');
    expect([location?.searchParams.get('error'), location?.searchParams.get('state')]).toEqual([
      'access_denied',
      STATE,
    ]);
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
  ])('a target that is the same but for %s gets its code', async (_, registered, answered) => {
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
