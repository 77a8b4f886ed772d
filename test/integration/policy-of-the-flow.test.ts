import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../support/simple-client.ts';
import { MULTIPART, multipart } from './refusals/token-message-cases.ts';
import { type Fields, REDIRECT_URI, type Sending, Stage } from './stage.ts';

/** One enforced client among others that are not: a thief of its code tries to pass for one of the others. */
const issuerWith = (unlisted: 'report' | 'off') =>
  [
    `unlisted_clients: {mode: ${unlisted}}`,
    'clients:',
    `  spa: {mode: enforce, wrap_codes: false, redirect_uris: [${REDIRECT_URI}]}`,
    '  open: {mode: enforce, wrap_codes: false}',
    '  old-app: {mode: off}',
    '  new-app: {mode: report}',
  ].join('\n');

const BIG = 'x'.repeat(70_000);
const TOKEN = '/oauth2/token';
const THEFT: Fields = { code_verifier: undefined, client_id: undefined };

const as = (clientId: string) => ({
  authorization: `Basic ${Buffer.from(`${clientId}:secret`).toString('base64')}`,
});
const theftOf = (stage: Stage, code: string, fields: Fields = {}) =>
  new URLSearchParams(stage.tokenFields(code, { ...THEFT, ...fields }));
const json = (form: URLSearchParams) => JSON.stringify(Object.fromEntries(form));

const typed = (contentType: string, headers: Record<string, string> = {}): Sending => ({
  headers: { 'content-type': contentType, ...headers },
});

type Theft = (stage: Stage, code: string) => Promise<Answer>;

/** Attempts to redeem the code of `spa` without its verifier. */
const THEFTS: readonly (readonly [what: string, attempt: Theft])[] = [
  ['in its own name', (s, code) => s.redeem(code, { ...THEFT, client_id: 'spa' })],
  ['in the name of a client that is off', (s, code) => s.redeem(code, { ...THEFT, client_id: 'old-app' })],
  ['in the name of a client in report', (s, code) => s.redeem(code, { ...THEFT, client_id: 'new-app' })],
  ['in the name of an unlisted client', (s, code) => s.redeem(code, { ...THEFT, client_id: 'stranger' })],
  ['in no name', (s, code) => s.redeem(code, THEFT)],
  ['with Basic credentials', (s, code) => s.redeem(code, THEFT, { headers: as('old-app') })],
  [
    'with its own verifier',
    (s, code) => s.redeem(code, { client_id: 'old-app', code_verifier: 'v'.repeat(43) }),
  ],
  [
    'in two names',
    (s, code) => s.postForm(TOKEN, `${theftOf(s, code, { client_id: 'old-app' })}&client_id=spa`),
  ],
  [
    'with a repeated parameter',
    (s, code) => s.postForm(TOKEN, `${theftOf(s, code, { client_id: 'old-app' })}&scope=a&scope=b`),
  ],
  [
    'with the code in the query',
    (s, code) =>
      s.postForm(`${TOKEN}?code=${code}`, theftOf(s, code, { code: undefined, client_id: 'old-app' })),
  ],
  ['all in the query', (s, code) => s.send(`${TOKEN}?${theftOf(s, code, { client_id: 'old-app' })}`)],
  [
    'in a parameter with brackets',
    (s, code) =>
      s.postForm(TOKEN, `${theftOf(s, code, { code: undefined, client_id: 'old-app' })}&code[]=${code}`),
  ],
  [
    'in a parameter in upper case',
    (s, code) =>
      s.postForm(TOKEN, `${theftOf(s, code, { code: undefined, client_id: 'old-app' })}&CODE=${code}`),
  ],
  ['with a space behind the code', (s, code) => s.redeem(`${code} `, { ...THEFT, client_id: 'old-app' })],
  [
    'with the grant in upper case',
    (s, code) => s.redeem(code, { ...THEFT, client_id: 'old-app', grant_type: 'Authorization_Code' }),
  ],
  ['without a grant', (s, code) => s.redeem(code, { ...THEFT, client_id: 'old-app', grant_type: undefined })],
  [
    'in JSON',
    (s, code) =>
      s.postForm(TOKEN, json(theftOf(s, code, { client_id: 'old-app' })), typed('application/json')),
  ],
  [
    'in JSON with Basic credentials',
    (s, code) => s.postForm(TOKEN, json(theftOf(s, code)), typed('application/json', as('old-app'))),
  ],
  [
    'in multipart',
    (s, code) => s.postForm(TOKEN, multipart(theftOf(s, code, { client_id: 'old-app' })), typed(MULTIPART)),
  ],
  [
    'in multipart with Basic credentials',
    (s, code) => s.postForm(TOKEN, multipart(theftOf(s, code)), typed(MULTIPART, as('old-app'))),
  ],
  [
    'as text',
    (s, code) => s.postForm(TOKEN, theftOf(s, code, { client_id: 'old-app' }), typed('text/plain')),
  ],
  [
    'in another charset',
    (s, code) =>
      s.postForm(
        TOKEN,
        theftOf(s, code),
        typed('application/x-www-form-urlencoded; charset=utf-7', as('old-app')),
      ),
  ],
  [
    'compressed',
    (s, code) =>
      s.postForm(TOKEN, gzipSync(theftOf(s, code, { client_id: 'old-app' }).toString()), {
        headers: { 'content-encoding': 'gzip' },
      }),
  ],
  [
    'compressed, with Basic credentials',
    (s, code) =>
      s.postForm(TOKEN, gzipSync(theftOf(s, code).toString()), {
        headers: { 'content-encoding': 'gzip', ...as('old-app') },
      }),
  ],
  [
    'as text in which a multipart body seems to begin',
    (s, code) =>
      s.postForm(
        TOKEN,
        `decoy=name="client_id"\r\n\r\nold-app&${theftOf(s, code)}`,
        typed('application/x-www-form-urlencoded; charset=iso-8859-1'),
      ),
  ],
  [
    'in UTF-16',
    (s, code) =>
      s.postForm(
        TOKEN,
        Buffer.from(theftOf(s, code, { client_id: 'old-app' }).toString(), 'utf16le'),
        typed('application/x-www-form-urlencoded; charset=utf-16le'),
      ),
  ],
  [
    'in multipart, with one part in base64 and one plain',
    (s, code) =>
      s.postForm(
        TOKEN,
        multipart(theftOf(s, Buffer.from(code).toString('base64'), { client_id: 'old-app' })).replace(
          'name="code"',
          'name="code"\r\nContent-Transfer-Encoding: base64',
        ),
        typed(MULTIPART),
      ),
  ],
  [
    'with an octet that is no UTF-8 behind the code',
    (s, code) =>
      s.postForm(TOKEN, `${theftOf(s, code, { client_id: 'old-app' })}`.replace(code, `${code}%ff`)),
  ],
  ...['PUT', 'PATCH', 'DELETE', 'OPTIONS'].map(
    (method) =>
      [
        `by ${method}, with a body`,
        (s: Stage, code: string) => s.postForm(TOKEN, theftOf(s, code, { client_id: 'old-app' }), { method }),
      ] as const,
  ),
  [
    'in a body beyond the limit',
    (s, code) => s.redeem(code, { ...THEFT, client_id: 'old-app', padding: BIG }),
  ],
  ['in a body beyond the limit, in no name', (s, code) => s.redeem(code, { ...THEFT, padding: BIG })],
  [
    'in a body beyond the limit, with Basic credentials',
    (s, code) => s.redeem(code, { ...THEFT, padding: BIG }, { headers: as('old-app') }),
  ],
];

describe.each(['report', 'off'] as const)('with unlisted clients in %s', (unlisted) => {
  test.each(THEFTS)('a code of an enforced client cannot be redeemed %s', async (_, attempt) => {
    await using stage = await Stage.open({ issuer: issuerWith(unlisted) });
    const code = await stage.newCode();
    const answer = await attempt(stage, code);
    expect(stage.upstream.tokenRequests).toEqual([]);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(stage.logLines('refusal')).toHaveLength(1);
  });

  /** Requests without a challenge that a page could send in the name of `open`. */
  const WITHOUT_CHALLENGE = (stage: Stage, fields: Fields = {}) =>
    stage.client.authorizeUrl({ client_id: 'open', code_challenge: undefined, ...fields }).searchParams;
  const AUTHORIZE = '/oauth2/authorize';
  const REQUESTS: readonly (readonly [what: string, ask: (stage: Stage) => Promise<Answer>])[] = [
    ['in the query', (s) => s.send(`${AUTHORIZE}?${WITHOUT_CHALLENGE(s)}`)],
    ['in a form', (s) => s.postForm(AUTHORIZE, WITHOUT_CHALLENGE(s))],
    ['in a form beyond the limit', (s) => s.postForm(AUTHORIZE, WITHOUT_CHALLENGE(s, { padding: BIG }))],
    ['by PUT, in a form', (s) => s.postForm(AUTHORIZE, WITHOUT_CHALLENGE(s), { method: 'PUT' })],
    ['in two names', (s) => s.send(`${AUTHORIZE}?${WITHOUT_CHALLENGE(s)}&client_id=old-app`)],
    [
      'in two names, the other first',
      (s) => s.send(`${AUTHORIZE}?client_id=old-app&${WITHOUT_CHALLENGE(s)}`),
    ],
    ['in JSON', (s) => s.postForm(AUTHORIZE, json(WITHOUT_CHALLENGE(s)), typed('application/json'))],
    ['in multipart', (s) => s.postForm(AUTHORIZE, multipart(WITHOUT_CHALLENGE(s)), typed(MULTIPART))],
    [
      'in another charset',
      (s) =>
        s.postForm(
          AUTHORIZE,
          WITHOUT_CHALLENGE(s),
          typed('application/x-www-form-urlencoded; charset=utf-7'),
        ),
    ],
    [
      'compressed',
      (s) =>
        s.postForm(AUTHORIZE, gzipSync(WITHOUT_CHALLENGE(s).toString()), {
          headers: { 'content-encoding': 'gzip' },
        }),
    ],
  ];
  test.each(REQUESTS)('an enforced client gets no code without a challenge %s', async (_, ask) => {
    await using stage = await Stage.open({ issuer: issuerWith(unlisted) });
    const answer = await ask(stage);
    expect(stage.upstream.requests.to(AUTHORIZE)).toEqual([]);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(stage.logLines('refusal')).toHaveLength(1);
  });

  test.each(['old-app', 'new-app', 'stranger'])('%s itself is forwarded', async (clientId) => {
    await using stage = await Stage.open({ issuer: issuerWith(unlisted) });
    const own = { client_id: clientId, redirect_uri: 'https://old.example.com/cb' };
    const code = await stage.newCode({ ...own, code_challenge: undefined, code_challenge_method: undefined });
    expect((await stage.redeem(code, { ...own, code_verifier: undefined })).status).toBe(200);
    expect(stage.logLines('refusal')).toEqual([]);
  });
});
