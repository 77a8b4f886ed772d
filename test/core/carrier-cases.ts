import { REDIRECT_URI, UPSTREAM_CODE } from './core-stage.ts';

/** The server's text, and how a browser or script reads code and state from the result. */
type CarrierCase = {
  readonly name: string;
  readonly contentType: string;
  readonly body: (url: string, state: string) => string;
  readonly read: (text: string) => { readonly code: string; readonly state: string };
};

export const html = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
const unhtml = (text: string) =>
  text.replaceAll('&lt;', '<').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
export const fromUrl = (text: string | undefined) => {
  const { searchParams } = new URL(text ?? 'about:blank');
  return { code: searchParams.get('code') ?? '', state: searchParams.get('state') ?? '' };
};
export const found = (text: string, pattern: RegExp) => pattern.exec(text)?.[1] ?? '';
export const page = (inner: string) =>
  `<!doctype html><html><head><title>x</title></head><body>${inner}</body></html>`;

export const form = (method: string, target: string, fields: string) =>
  page(
    `<form method="${method}" action="${target}">${fields}<noscript><button>Go</button></noscript></form>`,
  );
export const input = (name: string, value: string) =>
  `<input type="hidden" name="${name}" value="${html(value)}">`;
const readInputs = (text: string) => ({
  code: unhtml(found(text, /name="code" value="([^"]*)"/)),
  state: unhtml(found(text, /name="state" value="([^"]*)"/)),
});

/** Every construct that brings a code and a state from a body to a client's place. */
export const CARRIER_CASES: readonly CarrierCase[] = [
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
    // Members of every JavaScript object, but not references of HTML.
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
