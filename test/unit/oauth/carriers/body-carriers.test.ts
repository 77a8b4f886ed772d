import { describe, expect, test } from 'vitest';
import { BodyCarriers } from '../../../../src/oauth/carriers/body-carriers.ts';
import { type CarrierKind, rewriteCarriers } from '../../../../src/oauth/carriers/carrier.ts';
import { type ContentFamily, contentFamily } from '../../../../src/oauth/carriers/content-family.ts';
import { CONSTRUCT_LIMIT, type Piece } from '../../../../src/oauth/carriers/piece.ts';
import {
  AROUND,
  CHANGES,
  carriersOf,
  PREFIX,
  readBody,
  rewriteBody,
} from '../../../support/read-carriers.ts';

const CB = 'https://app.example.com/cb';
const URL_TEXT = `${CB}?code=old-code-0123456&state=${PREFIX}xyz`;
const HTML_URL = URL_TEXT.replace('&', '&amp;');
const JS_URL = URL_TEXT.replaceAll('/', '\\/').replace('&', '\\u0026');
const ESCAPED_URL = encodeURIComponent(URL_TEXT);
const FIELDS = `<input type="hidden" name="code" value="old-code-0123456"/>
 <input type="hidden" name="state" value="${PREFIX}xyz"/>`;
const MEMBERS = `"code":"old-code-0123456","state":"${PREFIX}xyz"`;

type Row = readonly [what: string, kind: CarrierKind, body: string];

const HTML: readonly Row[] = [
  ['a link', 'url', `<p>Go <a class=x href="${HTML_URL}">on</a>.`],
  ['a link with a bare ampersand', 'url', `<a href="${URL_TEXT}">on</a>`],
  ['a link in single quotes', 'url', `<A HREF='${HTML_URL}'>on</A>`],
  ['a link without quotes', 'url', `<a href=${URL_TEXT} id=a>on</a>`],
  ['numeric references', 'url', `<a href="${URL_TEXT.replace('&', '&#38;').replace('?', '&#x3F;')}">on</a>`],
  [
    'what looks like references',
    'url',
    `<a href="${HTML_URL.replace('?', '?a=&constructor;&toString;&nope;&amp;')}">`,
  ],
  ['references to letters', 'url', `<a href="${URL_TEXT.replace('code', 'c&#111;de')}">on</a>`],
  ['line ends around and in it', 'url', `<a\nhref = "\n ${HTML_URL.replace('/cb', '/\ncb')}\n">on</a>`],
  ['an iframe', 'url', `<iframe src="${HTML_URL}"></iframe>`],
  ['a data attribute', 'url', `<body data-next="${HTML_URL}">`],
  ['an event handler', 'url', `<button onclick="location.href=&quot;${HTML_URL}&quot;">on</button>`],
  [
    'a page in an attribute',
    'url',
    `<iframe srcdoc="&lt;a href=&quot;${HTML_URL.replace('&', '&amp;')}&quot;&gt;">`,
  ],
  ['the address of a form without fields', 'url', `<form method=post action="${HTML_URL}"><button></form>`],
  ['meta refresh', 'refresh', `<meta http-equiv="Refresh" content="0; url=${HTML_URL}">`],
  ['meta refresh in quotes', 'refresh', `<META content='0;URL="${HTML_URL}"' HTTP-EQUIV=refresh>`],
  ['a script', 'url', `<script>window.location = "${URL_TEXT}";</script>`],
  ['a script with escapes', 'url', `<script>location.replace('${JS_URL}')</script>`],
  [
    'a script with \\x',
    'url',
    `<script>a="${URL_TEXT.replace('&', '\\x26').replace('=', '\\x3d')}"</script>`,
  ],
  ['a template literal', 'url', `<script>location = \`${URL_TEXT}\`</script>`],
  ['a script with HTML', 'url', `<script>document.write("<a href=\\"${HTML_URL}\\">on</a>")</script>`],
  [
    'a script with comments and expressions',
    'url',
    `<script>/* it's */ a=/["'/]\\//; // "\n b="${URL_TEXT}"</script>`,
  ],
  ['a block of JSON', 'url', `<script type="application/json">{"next":"${JS_URL}"}</script>`],
  ['text', 'url', `<p>Please visit ${HTML_URL} now`],
  ['a comment', 'url', `<!-- ${URL_TEXT} -->`],
  [
    'the URL in a parameter of another one',
    'url',
    `<a href="/continue?a=1&amp;to=${ESCAPED_URL}&amp;b=2">on</a>`,
  ],
  [
    'the same, escaped twice',
    'url',
    `<a href="/continue?to=${encodeURIComponent(`/next?to=${ESCAPED_URL}`)}">`,
  ],
  [
    'a relative address and a base',
    'url',
    `<base href="https://app.example.com/x/"><a href="../${HTML_URL.slice(24)}">`,
  ],
  ['a form that posts', 'form', `<form method="post" action="${CB}">${FIELDS}</form>`],
  ['capitals', 'form', `<FORM METHOD=POST ACTION=${CB}>${FIELDS.replaceAll('input', 'INPUT')}</FORM>`],
  ['other quotes', 'form', `<form method='post' action='${CB}'>${FIELDS.replaceAll('"', "'")}</form>`],
  [
    'no quotes',
    'form',
    `<form method=post action=${CB}>${FIELDS.replaceAll('"', '').replaceAll('/>', '>')}</form>`,
  ],
  [
    'values in front of names',
    'form',
    `<form method=post action=${CB}><input value='${PREFIX}xyz' name=state><input value=old-code-0123456 name=code>`,
  ],
  [
    'a page around it',
    'form',
    `<html><body onload="document.forms[0].submit()"><form method=post action="${CB}"><p>${FIELDS}<noscript><button>Go</button></noscript></form></body></html>`,
  ],
  [
    'a form in a table',
    'form',
    `<table><form method=post action="${CB}"><tr><td>${FIELDS}</td></tr></form></table>`,
  ],
  ['a form that is not closed', 'form', `<form method=post action="${CB}">${FIELDS}`],
  [
    'text areas',
    'form',
    `<form method=post action="${CB}"><textarea name=code>old-code-0123456</textarea><textarea name="state">${PREFIX}xyz</textarea></form>`,
  ],
  [
    'a button with the code',
    'form',
    `<form method=post action="${CB}"><input name=state value=${PREFIX}xyz><button name="code" value="old-code-0123456">Go</button></form>`,
  ],
  [
    'code and state in a script',
    'pair',
    `<script>var code = "old-code-0123456", state = '${PREFIX}xyz', uri = "${CB}"</script>`,
  ],
  [
    'an object in a script',
    'pair',
    `<script>go({ code: 'old-code-0123456', state: "${PREFIX}xyz", to: '${CB}' })</script>`,
  ],
  [
    'a message',
    'web_message',
    `<script>window.opener.postMessage({type:"authorization_response",response:{${MEMBERS}}}, "https://app.example.com")</script>`,
  ],
  [
    'a message and its target apart',
    'web_message',
    `<script>(function(w){var targetOrigin = "https://app.example.com";var r = {type:"x",response:{${MEMBERS}}};w.parent.postMessage(r, targetOrigin)})(this)</script>`,
  ],
];

/** Pages of servers. */
const PAGES: readonly Row[] = [
  [
    'members of a variable, and a target with escapes',
    'web_message',
    `<script>var data = {}; data.code = 'old\\x2Dcode\\x2D0123456'; data.state = '${PREFIX}xyz'; data["error"] = null;
     var targetOrigin = 'https\\x3A\\x2F\\x2Fapp.example.com'; window.parent.postMessage(data, targetOrigin);</script>`,
  ],
  [
    'a query and its place apart',
    'pair',
    `<script>var uri = "${CB}"; location.href = uri + '?code=old-code-0123456\\u0026state=${PREFIX}xyz';</script>`,
  ],
  [
    'parameters in one text',
    'web_message',
    `<script>opener.postMessage("session=a%2Fb&state=${PREFIX}xyz&code=old-code-0123456", "https://app.example.com")</script>`,
  ],
  [
    'an event handler with a message',
    'web_message',
    `<body onload="opener.postMessage({code: 'old-code-0123456', state: &quot;${PREFIX}xyz&quot;}, 'https://app.example.com')">`,
  ],
  [
    'JSON in an attribute',
    'pair',
    `<div data-to='{"redirect_uri":"https:\\/\\/app.example.com\\/cb","response":{${MEMBERS}}}'></div>`,
  ],
  [
    'JSON in an attribute, with references',
    'pair',
    `<div data-to="{${MEMBERS.replaceAll('"', '&quot;')},&#34;uri&#34;:&#34;${CB}&#34;}"></div>`,
  ],
];

const OTHERS: readonly (readonly [ContentFamily, ...Row])[] = [
  ['xhtml', 'a script without content', 'url', `<script src="/a.js"/><a href="${HTML_URL}"/>`],
  ['json', 'a URL', 'url', `{"a":1,"redirect":"${URL_TEXT}"}`],
  ['json', 'a URL with escapes', 'url', `{"redirect" : "${JS_URL}"}`],
  ['json', 'a URL in a list', 'url', `[[true,"${JS_URL}",null]]`],
  ['json', 'a URL in HTML', 'url', `{"html":"<a href=\\"${HTML_URL}\\">on</a>"}`],
  ['json', 'code and state apart', 'pair', `{${MEMBERS},"redirect_uri":"${CB}"}`],
  [
    'json',
    'the same in another order',
    'pair',
    `{"x":{"y":[1]},"redirectUri":"${CB.replaceAll('/', '\\/')}","state" : "${PREFIX}xyz" , "z":null,"code":"old-code-0123456"}`,
  ],
  ['json', 'an object next to the URL', 'pair', `{"parameters":{${MEMBERS}},"uri":"${CB}"}`],
  ['json', 'an object below the URL', 'pair', `{"uri":"${CB}","parameters":{${MEMBERS}}}`],
  ['json', 'lines of JSON', 'pair', `{"code":"OK"}\n{${MEMBERS},"uri":"${CB}"}\n{"a":1}`],
  ['script', 'a call', 'pair', `callback({${MEMBERS},"uri":"${CB}"});`],
  ['script', 'a URL', 'url', `top.location="${JS_URL}"`],
  ['xml', 'a text', 'url', `<?xml version="1.0"?><r><to>${HTML_URL}</to></r>`],
  ['xml', 'an attribute', 'url', `<redirect url='${HTML_URL}'/>`],
  ['xml', 'CDATA', 'url', `<to><![CDATA[${URL_TEXT}]]></to>`],
  [
    'xml',
    'code and state apart',
    'pair',
    `<r><code>old-code-0123456</code><o:state>${PREFIX}xyz</o:state><uri>${CB}</uri></r>`,
  ],
  ['xml', 'attributes', 'pair', `<o:r code="old-code-0123456" state="${PREFIX}xyz" uri="${CB}"/>`],
  ['text', 'a URL', 'url', `Go to ${URL_TEXT} now`],
  ['text', 'a URL in quotes and escapes', 'url', `a "${JS_URL}" b`],
  ['text', 'a URL in brackets', 'url', `a <${URL_TEXT}> b`],
  ['text', 'all of it', 'url', ESCAPED_URL],
  ['text', 'a backslash after it', 'url', `a ${URL_TEXT}\\ b`],
  ['json', 'JSON in a string', 'url', JSON.stringify(`{"to":"${JS_URL}"}`)],
  ['text', 'a URL in single quotes', 'url', `a='/x?y';b='${URL_TEXT}';c`],
  ['text', 'references', 'url', `url=${HTML_URL} x`],
  ['text', 'what looks like references', 'url', `url=${HTML_URL.replace('?', '?a=&valueOf;&amp;')} x`],
  ['xml', 'what looks like references', 'url', `<to>${HTML_URL.replace('?', '?a=&constructor;&amp;')}</to>`],
];
const ROWS = [...[...HTML, ...PAGES].map((row) => ['html', ...row] as const), ...OTHERS];

describe.each(ROWS)('%s: %s', (family, _, kind, body) => {
  const pieces = readBody(family, body);
  const [carrier, ...others] = carriersOf(pieces);

  test('is one carrier, with its target and content', () => {
    expect(others).toEqual([]);
    expect(carrier).toMatchObject({
      kind,
      codes: ['old-code-0123456'],
      states: [expect.stringMatching(new RegExp(`^${PREFIX}xyz\\\\?$`))],
      hasError: false,
      jarm: undefined,
    });
    const places = carrier?.places.map(({ origin, pathname }) => origin + pathname);
    expect(places).toContain(kind === 'web_message' ? 'https://app.example.com/' : CB);
  });

  test.each([1, 2, 3, 7, 31])('is the same in parts of %d bytes', (size) => {
    const parts = readBody(family, body, size);
    expect(parts.map(({ text }) => text).join('')).toBe(body);
    expect(rewriteBody(parts)).toBe(rewriteBody(pieces));
  });

  test('gets code and state replaced, every other byte unchanged', () => {
    const escapedCode = /(?<=>|"|'|=|%(?:25)*3D|\\x3d|quot;)old(?:-|\\x2D)code(?:-|\\x2D)0123456/;
    const changed = body.replace(escapedCode, 'NEW').replace(PREFIX, '');
    expect(rewriteBody(pieces).replace('state value="xyz"', 'state value=xyz')).toBe(changed);
  });

  test('gets no state for a client that sent none', () => {
    const changed = rewriteBody(pieces, { ...CHANGES, hadState: false });
    expect(changed).not.toContain(PREFIX);
    expect(changed).not.toContain('xyz');
    expect(changed).toContain('NEW');
  });
});

describe('not a response', () => {
  test.each<[what: string, family: ContentFamily, body: string]>([
    [
      'a login page',
      'html',
      `<form method=post action=/login><input name=user><input type=hidden name=csrf value=x></form>`,
    ],
    [
      'a page to type a code in',
      'html',
      `<form method=post><input name=code value=""><input name="code"></form>`,
    ],
    ['a prefix on its own', 'html', `<p>${PREFIX}</p><script>a = "${PREFIX}"</script>`],
    ['fields behind the form', 'html', `<form method=post action=${CB}></form>${FIELDS}`],
    ['fields in a comment', 'html', `<form method=post action=${CB}><!-- ${FIELDS} --></form>`],
    [
      'fields in a script',
      'html',
      `<form method=post action=${CB}><script>a='<input name=code value=x>'</script></form>`,
    ],
    ['a preserved state in a link', 'html', `<a href="${CB}?code=old-code-0123456&amp;state=abc">`],
    [
      'a bundle',
      'script',
      `a={state:"x",code:"old-code-0123456"};location.href="?code="+b+"&state="+a.state`,
    ],
    [
      'the parameters of a request',
      'json',
      `{"response_type":"code","state":"${PREFIX}","redirect_uri":"${CB}","error":"x"}`,
    ],
    [
      'a login that failed',
      'json',
      `{"client_id":"a","state":"${PREFIX}","redirect_uri":"${CB}","error":"wrong password"}`,
    ],
    ['how a call went', 'json', `{"code":"SUCCESS","state":"${PREFIX}"}`],
    ['the number of an error', 'json', `{"code":"40001","state":"${PREFIX}"}`],
    ['a code and a state in two objects', 'json', `[{"code":"old-code-0123456"},{"state":"${PREFIX}"}]`],
    ['a state that is a number', 'json', '{"code":"old-code-0123456","state":1}'],
    ['elements of elements', 'xml', '<code><b>old-code-0123456</b></code>'],
  ])('%s', (_, family, body) => {
    for (const size of [1, 5, body.length]) {
      expect(
        readBody(family, body, size)
          .map(({ text }) => text)
          .join(''),
      ).toBe(body);
      expect(carriersOf(readBody(family, body, size))).toEqual([]);
    }
  });

  test('a login page with the prefix shows its target', () => {
    const page = `<form method=post action="/login?state=${PREFIX}"><input type=hidden name=state value=${PREFIX}></form>
      <script>fetch("?state=${PREFIX}&error=x")</script><a href="/authorize?response_type=code&amp;redirect_uri=${encodeURIComponent(CB)}&amp;state=${PREFIX}">again</a>`;
    const carriers = carriersOf(readBody('html', page));
    expect(carriers.map(({ kind, target, codes }) => [kind, target?.host, codes])).toEqual([
      ['url', 'login.example.com', []],
      ['form', 'login.example.com', []],
      ['url', 'login.example.com', []],
      ['url', 'login.example.com', []],
    ]);
  });
});

describe('a form', () => {
  const formIn = (html: string) => carriersOf(readBody('html', html)).filter(({ kind }) => kind === 'form');

  test('without a prefix is read, because a preserved state has none', () => {
    const page = `<form method=post action=${CB}><input name=code value=x><input name=state value=mine></form>`;
    expect(formIn(page)).toMatchObject([{ codes: ['x'], states: ['mine'], part: 'body' }]);
    const hybrid = `<form method=post action=${CB}><input name=id_token value=x></form>`;
    expect(formIn(hybrid)).toMatchObject([{ hasIdToken: true }]);
  });

  test('with GET leads to its address with its fields as query', () => {
    const page = `<form action="${CB}?x=y"><input name=tenant value=1>${FIELDS}</form>`;
    const [form] = formIn(page);
    expect(form?.part).toBe('query');
    expect(form?.target?.href).toBe(`${CB}?tenant=1&code=old-code-0123456&state=${PREFIX}xyz`);
  });

  test('leads to the targets of all its buttons', () => {
    const page = `<form action=/cancel>${FIELDS}<button formaction="${CB}" formmethod=POST>a</button><input type=submit formaction=${CB} formmethod=post></form>`;
    expect(formIn(page).map(({ target, part }) => [target?.pathname, part])).toEqual([
      ['/cancel', 'query'],
      ['/cb', 'body'],
    ]);
  });

  test('gets the issuer as a field, once', () => {
    const page = `<form method=post action=${CB}>${FIELDS}<button formaction=/x></button></form>`;
    const changed = rewriteBody(readBody('html', page), { ...CHANGES, iss: 'https://as/?a&"' });
    expect(changed.match(/name="iss"/g)).toHaveLength(1);
    expect(changed).toContain('<input type="hidden" name="iss" value="https://as/?a&#38;&#34;"/>');
  });

  test.each([
    ['an empty state', `value=${PREFIX}`, 'value=""'],
    ['a quote', `value=${PREFIX}"a&amp;`, 'value="&#34;a&#38;"'],
    ['raw octets', `value=${PREFIX}\xc3\xa9`, 'value="\xc3\xa9"'],
    ['another character', `value=${PREFIX}&#x20ac;`, 'value="&#8364;"'],
  ])('whose state has no quotes gets them: %s', (_, before, after) => {
    const page = `<form method=post action=${CB}><input name=state ${before} id=a><input name=code value=x></form>`;
    const changed = page.replace(before, after).replace('value=x', 'value=NEW');
    expect(rewriteBody(readBody('html', page))).toBe(changed);
  });

  test('loses the element of an unsent state', () => {
    const page = `<form method=post action=${CB}>a<textarea name=state>${PREFIX}</textarea>b<input name=code value=x></form>`;
    expect(rewriteBody(readBody('html', page), { ...CHANGES, hadState: false })).toBe(
      `<form method=post action=${CB}>ab<input name=code value=NEW></form>`,
    );
  });

  test('reports all its content', () => {
    const page = `<form method=post action=${CB}><input name=error value=access_denied><input name=iss value=x><input name=state value=${PREFIX}><input name=code value=1><input name=code value=2></form>`;
    expect(formIn(page)).toMatchObject([{ hasError: true, hasIss: true, codes: ['1', '2'] }]);
  });
});

describe('members', () => {
  const LAST = `{"uri":"${CB}","code":"old-code-0123456" , "state":"${PREFIX}"}`;
  test.each([
    ['the last one', LAST, `{"uri":"${CB}","code":"NEW" }`],
    [
      'the first one',
      `{ "state":"${PREFIX}" ,"code":"old-code-0123456","uri":"${CB}"}`,
      `{ "code":"NEW","uri":"${CB}"}`,
    ],
  ])('an unsent state is removed with its comma: %s', (_, body, changed) =>
    expect(rewriteBody(readBody('json', body), { ...CHANGES, hadState: false })).toBe(changed),
  );

  test('the issuer is an additional member', () =>
    expect(JSON.parse(rewriteBody(readBody('json', LAST), { ...CHANGES, iss: 'https://as' }))).toEqual({
      uri: CB,
      code: 'NEW',
      iss: 'https://as',
      state: '',
    }));
});

/** The output, and the buffered part, after a part of a body. */
describe('passing text is not buffered', () => {
  test.each<[ContentFamily, passes: string, held: string]>([
    ['html', '<html><p>Some text, ', ''],
    ['html', '<form method=post><input name=user value=x> ', ''],
    ['html', '<p>Visit ', 'https://a?b'],
    ['html', '<p>Visit https://a', ''],
    ['html', '<p>', '<a href="x'],
    ['html', '<form action=/a>', '<input name=code value=x><p>y'],
    ['html', '<script>', 'var a'],
    ['json', '{"status":"OK","code":"OK","list":[{"a":1}', ',"a'],
    ['json', '{"a":1}', '\n'],
    ['json', '{"a":1', ',"code":"old-code-0123456","b":{}'],
    ['script', 'var a = {b: "c"}', ';'],
    ['xml', '<a><b>text</b> ', ''],
    ['text', 'data: x\n\n', ''],
  ])('%s: %j, but for %j', (family, passes, held) => {
    const carriers = new BodyCarriers(family, AROUND);
    const texts = (pieces: readonly Piece[]) => pieces.map(({ text }) => text).join('');
    expect(texts(carriers.push(passes + held))).toBe(passes);
    expect(texts(carriers.end())).toBe(held);
  });

  test.each(['text', 'html', 'xml'] as const)(
    '%s: nor is the beginning of a URL without parameters',
    (family) => {
      const reader = new BodyCarriers(family, AROUND);
      const texts = (pieces: readonly Piece[]) => pieces.map(({ text }) => text);
      expect(texts(reader.push('Step'))).toEqual(['Step']);
      expect(texts(reader.push(`1,${CB}`))).toEqual([`1,${CB}`]);
      expect(texts(reader.push('?code=old-code-0123456&state='))).toEqual([]);
      const [piece] = reader.push(`${PREFIX}xyz `);
      expect(piece?.text).toBe(`?code=old-code-0123456&state=${PREFIX}xyz `);
      expect(piece?.carriers.map(({ target }) => target?.href)).toEqual([expect.stringContaining(CB)]);
      expect(
        rewriteCarriers(
          piece?.text ?? '',
          (piece?.carriers ?? []).map((carrier) => [carrier, CHANGES]),
          piece?.start,
        ),
      ).toMatch(/^\?code=(?!old)[^&]+&state=xyz /);
    },
  );
});

describe('a construct that is too large', () => {
  const FILL = 'x'.repeat(CONSTRUCT_LIMIT + 1);
  const LIST = `${`"${'x'.repeat(1000)}",`.repeat(70)}0`;
  const tooLarge = (pieces: readonly Piece[]) => pieces.flatMap((piece) => piece.tooLarge ?? []);

  test.each<[what: string, ContentFamily, string]>([
    [
      'a form with a field behind the limit',
      'html',
      `<form><input name=code value=x><p>${FILL} ${FIELDS}</form>`,
    ],
    ['a tag', 'html', `<a data-x="${FILL}" href="${URL_TEXT}">`],
    ['a string in a script', 'html', `<script>a="?code=old-code-0123456 ${FILL} ${PREFIX} "</script>`],
    ['a URL', 'text', `${URL_TEXT}&x=${FILL}`],
    ['a URL behind the limit', 'text', `https://x/?a=${FILL}&code=old-code-0123456&state=${PREFIX}&b=c`],
    ['a string', 'json', `["code ${FILL} ${URL_TEXT}"]`],
    ['an object', 'json', `{${MEMBERS},"a":[${LIST}],"uri":"${CB}"}`],
    [
      'an object whose code has gone',
      'json',
      `{"code":"old-code-0123456","a":[${LIST}],"state":"${PREFIX}","uri":"${CB}"}`,
    ],
    ['an element', 'xml', `<r><code>old-code-0123456</code><state>${PREFIX}</state><a>${`${FILL} `}</a></r>`],
  ])('passes and is reported: %s', (_, family, body) => {
    for (const size of [100, 4_096, body.length]) {
      const pieces = readBody(family, body, size);
      expect(pieces.map(({ text }) => text).join('')).toBe(body);
      expect(tooLarge(pieces)).toContainEqual({
        holdsCode: true,
        state: expect.stringMatching(new RegExp(`^${PREFIX}`)),
      });
    }
  });

  test.each<[ContentFamily, string]>([
    ['html', `<form method=post action=${CB}>${FIELDS}<p>${FILL}</form>`],
    ['json', `{"uri":"${CB}",${MEMBERS},"a":[${LIST}]}`],
    ['script', `a={"uri":"${CB}",${MEMBERS},"a":[${LIST}]}`],
  ])('is followed where all that matters came first: %s', (family, body) => {
    const pieces = readBody(family, body);
    expect(tooLarge(pieces)).toEqual([]);
    expect(rewriteBody(pieces)).toBe(body.replace('old-code-0123456', 'NEW').replace(PREFIX, ''));
  });

  test('a login page is no response, at any size', () => {
    const page = `<form method=post action=/login><input name=state value=${PREFIX}><p>${FILL}<input name=user></form>`;
    const pieces = readBody('html', page);
    expect(tooLarge(pieces)).toEqual([]);
    expect(carriersOf(pieces).map(({ target }) => target?.pathname)).toEqual(['/login']);
  });

  test.each<[ContentFamily, string]>([
    ['html', `<form><input name=code value=x><p>${FILL}</form><a href="${HTML_URL}">`],
    ['html', `<script>${FILL}</script><a href="${HTML_URL}">`],
    ['html', `<style>${FILL}</style><a href="${HTML_URL}">`],
    ['html', `<script>a="${FILL}";b="${URL_TEXT}"</script>`],
    ['text', `${FILL} ${URL_TEXT}`],
    ['json', `{"a":"${FILL}","b":"${URL_TEXT}"}`],
    ['xml', `<a>${FILL}</a><a>${HTML_URL}</a>`],
  ])('does not hide the text after it: %s', (family, body) => {
    for (const size of [1_000, body.length]) {
      const carriers = carriersOf(readBody(family, body, size));
      expect(carriers.filter(({ kind }) => kind === 'url')).toMatchObject([{ codes: ['old-code-0123456'] }]);
    }
  });
});

describe('content types', () => {
  test.each([
    ['text/html; charset=utf-8', 'html'],
    [' Text/HTML', 'html'],
    ['application/xhtml+xml', 'xhtml'],
    ['application/json', 'json'],
    ['application/problem+json', 'json'],
    ['text/xml', 'xml'],
    ['application/samlmetadata+xml', 'xml'],
    ['text/javascript', 'script'],
    ['application/x-javascript;x', 'script'],
    ['text/javascript1.5', 'script'],
    ['text/plain', 'text'],
    ['image/png', undefined],
    ['text/css', undefined],
    ['application/octet-stream', undefined],
    ['', 'html'],
    [undefined, 'html'],
    ['html', 'html'],
    ['*/*', 'html'],
    ['unknown/unknown', 'html'],
    ['text/html, text/html', 'html'],
    ['application/octet-stream, text/html; charset=utf-8', 'html'],
    ['text/html, nonsense', 'html'],
    ['text/html, image/png', undefined],
    ['application/json; profile="a,b/c"', 'json'],
  ])('%s', (contentType, family) => expect(contentFamily(contentType)).toBe(family));
});

test('the prefix is well-formed in these tests', () => expect(AROUND.findPrefix(` ${PREFIX}`, 0)).toBe(1));
