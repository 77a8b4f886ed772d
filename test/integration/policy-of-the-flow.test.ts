import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Answer } from '../support/simple-client.ts';
import { MULTIPART, multipart } from './refusals/token-message-cases.ts';
import { type Fields, REDIRECT_URI, type Sending, Stage } from './stage.ts';

// One enforced client among others in report: a thief of its code tries to pass for one of the others. The attacks on the
// only enforced client among others that are off are in test/attack/redemption.test.ts and authorization.test.ts.
const ISSUER = [
  'unlisted_clients: {mode: report}',
  'clients:',
  `  spa: {mode: enforce, wrap_codes: false, redirect_uris: [${REDIRECT_URI}]}`,
  '  open: {mode: enforce, wrap_codes: false}',
  '  old-app: {mode: off}',
  '  new-app: {mode: report}',
].join('\n');

const BIG = 'x'.repeat(70_000);
const TOKEN = '/oauth2/token';
const THEFT: Fields = { code_verifier: undefined, client_id: undefined };

const as = (clientId: string): Sending => ({
  headers: { authorization: `Basic ${Buffer.from(`${clientId}:secret`).toString('base64')}` },
});
const theftOf = (stage: Stage, code: string) =>
  new URLSearchParams(stage.tokenFields(code, { ...THEFT, client_id: 'new-app' }));
const json = (form: URLSearchParams) => JSON.stringify(Object.fromEntries(form));
const typed = (contentType: string): Sending => ({ headers: { 'content-type': contentType } });
const GZIP: Sending = { headers: { 'content-encoding': 'gzip' } };

type Theft = (stage: Stage, code: string) => Promise<Answer>;

/** Attempts to redeem the code of `spa` without its verifier. */
const THEFTS: readonly (readonly [what: string, attempt: Theft])[] = [
  ['in the name of a client in report', (s, code) => s.redeem(code, { ...THEFT, client_id: 'new-app' })],
  ['in the name of an unlisted client', (s, code) => s.redeem(code, { ...THEFT, client_id: 'stranger' })],
  ['in no name', (s, code) => s.redeem(code, THEFT)],
  ['with Basic credentials', (s, code) => s.redeem(code, THEFT, as('new-app'))],
  [
    'with its own verifier',
    (s, code) => s.redeem(code, { client_id: 'new-app', code_verifier: 'v'.repeat(43) }),
  ],
  ['in two names', (s, code) => s.postForm(TOKEN, `${theftOf(s, code)}&client_id=spa`)],
  ['all in the query', (s, code) => s.send(`${TOKEN}?${theftOf(s, code)}`)],
  ['in JSON', (s, code) => s.postForm(TOKEN, json(theftOf(s, code)), typed('application/json'))],
  ['in multipart', (s, code) => s.postForm(TOKEN, multipart(theftOf(s, code)), typed(MULTIPART))],
  ['compressed', (s, code) => s.postForm(TOKEN, gzipSync(theftOf(s, code).toString()), GZIP)],
  ['by PUT', (s, code) => s.postForm(TOKEN, theftOf(s, code), { method: 'PUT' })],
  [
    'in a body beyond the limit',
    (s, code) => s.redeem(code, { ...THEFT, client_id: 'new-app', padding: BIG }),
  ],
  ['in a body beyond the limit, in no name', (s, code) => s.redeem(code, { ...THEFT, padding: BIG })],
];

test.each(THEFTS)('a code of an enforced client cannot be redeemed %s', async (_, attempt) => {
  await using stage = await Stage.open({ issuer: ISSUER });
  const answer = await attempt(stage, await stage.newCode());
  expect(stage.upstream.tokenRequests).toEqual([]);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(stage.logLines('refusal')).toHaveLength(1);
});

/** Requests without a challenge that a page could send in the name of `open`. */
const withoutChallenge = (stage: Stage, fields: Fields = {}) =>
  stage.client.authorizeUrl({ client_id: 'open', code_challenge: undefined, ...fields }).searchParams;
const AUTHORIZE = '/oauth2/authorize';
const REQUESTS: readonly (readonly [what: string, ask: (stage: Stage) => Promise<Answer>])[] = [
  ['in the query', (s) => s.send(`${AUTHORIZE}?${withoutChallenge(s)}`)],
  ['in a form', (s) => s.postForm(AUTHORIZE, withoutChallenge(s))],
  ['in a form beyond the limit', (s) => s.postForm(AUTHORIZE, withoutChallenge(s, { padding: BIG }))],
  ['by PUT, in a form', (s) => s.postForm(AUTHORIZE, withoutChallenge(s), { method: 'PUT' })],
  ['in two names', (s) => s.send(`${AUTHORIZE}?client_id=new-app&${withoutChallenge(s)}`)],
  ['in JSON', (s) => s.postForm(AUTHORIZE, json(withoutChallenge(s)), typed('application/json'))],
  ['in multipart', (s) => s.postForm(AUTHORIZE, multipart(withoutChallenge(s)), typed(MULTIPART))],
  ['compressed', (s) => s.postForm(AUTHORIZE, gzipSync(withoutChallenge(s).toString()), GZIP)],
];

test.each(REQUESTS)('an enforced client gets no code without a challenge %s', async (_, ask) => {
  await using stage = await Stage.open({ issuer: ISSUER });
  const answer = await ask(stage);
  expect(stage.upstream.requests.to(AUTHORIZE)).toEqual([]);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(stage.logLines('refusal')).toHaveLength(1);
});

test.each(['old-app', 'new-app', 'stranger'])('%s itself is forwarded', async (clientId) => {
  await using stage = await Stage.open({ issuer: ISSUER });
  const own = { client_id: clientId, redirect_uri: 'https://old.example.com/cb' };
  const code = await stage.newCode({ ...own, code_challenge: undefined, code_challenge_method: undefined });
  expect((await stage.redeem(code, { ...own, code_verifier: undefined })).status).toBe(200);
  expect(stage.logLines('refusal')).toEqual([]);
});
