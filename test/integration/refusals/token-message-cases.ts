import { gzipSync } from 'node:zlib';
import type { Answer } from '../../support/simple-client.ts';
import type { Stage } from '../stage.ts';
import type { RefusalCase } from './refusal-case.ts';
import { redeeming } from './token-cases.ts';

type Redemption = URLSearchParams;
type Send = (stage: Stage, redemption: Redemption) => Promise<Answer>;

/** A valid redemption in a form that cannot be judged, or that servers read differently. */
const sent = (send: Send): Pick<RefusalCase, 'act'> => ({
  act: (stage, code) => send(stage, new URLSearchParams(stage.tokenFields(code))),
});

const TOKEN = '/oauth2/token';

/** A valid redemption with text after its body. */
const appended = (text: string) => sent((stage, form) => stage.postForm(TOKEN, `${form}${text}`));

const typed = (contentType: string, write: (form: Redemption) => string) =>
  sent((stage, form) => stage.postForm(TOKEN, write(form), { headers: { 'content-type': contentType } }));

const encoded = (encoding: string, write: (form: Redemption) => string | Buffer) =>
  sent((stage, form) => stage.postForm(TOKEN, write(form), { headers: { 'content-encoding': encoding } }));

const withMethod = (method: string) => sent((stage, form) => stage.send(`${TOKEN}?${form}`, { method }));

const atPath = (path: string) => sent((stage, form) => stage.postForm(path, form));

const json = (form: Redemption) => JSON.stringify(Object.fromEntries(form));

const BOUNDARY = 'the-boundary';

export function multipart(form: Redemption): string {
  const parts = [...form].map(
    ([name, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return `${parts.join('')}--${BOUNDARY}--\r\n`;
}

export const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`;

/** The client is unclear. */
const NOBODYS = { client: '_unlisted' } as const;
/** Only some servers can read the client. */
const UNCLEAR = { client: 'unclear' } as const;
const ALLOW = { allow: 'POST' } as const;

export const TOKEN_MESSAGE_CASES: readonly RefusalCase[] = [
  redeeming('parameter_repeated', 'the verifier', {}, 200, appended(`&code_verifier=${'w'.repeat(43)}`)),
  redeeming('parameter_repeated', 'the code', {}, 200, appended('&code=a-second-code')),
  redeeming('parameter_repeated', 'client_id, the same', {}, 200, appended('&client_id=spa')),
  redeeming('verifier_missing', 'an empty verifier', { code_verifier: '' }, 200),
  redeeming('parameter_malformed', 'a NUL behind the verifier', {}, 200, appended('%00')),
  redeeming('parameter_malformed', 'a line end behind the body', {}, 200, appended('\r\n')),
  redeeming('parameter_malformed', 'a C1 control behind the verifier', {}, 200, appended('%C2%85')),
  redeeming('parameter_malformed', 'broken percent-encoding', {}, 200, appended('&scope=%zz')),
  redeeming('parameter_malformed', 'broken UTF-8', {}, 200, appended('&scope=%ff')),
  redeeming('parameter_malformed', 'a name but for case', {}, 200, appended('&Code=a-second-code')),
  redeeming('parameter_malformed', 'a name but for brackets', {}, 200, appended('&code[]=a-second-code')),
  redeeming('parameter_malformed', 'a name but for a space', {}, 200, appended('&code_verifier+=x')),
  redeeming('parameter_malformed', 'the grant in upper case', { grant_type: 'AUTHORIZATION_CODE' }, 400),
  redeeming('parameter_malformed', 'the grant with a space', { grant_type: ' authorization_code' }, 400),
  redeeming('parameter_malformed', 'a code without a grant', { grant_type: undefined }, 400),
  redeeming(
    'parameter_in_query',
    'the code',
    {},
    400,
    sent((stage, form) => {
      const code = form.get('code') ?? '';
      form.delete('code');
      return stage.postForm(`${TOKEN}?code=${code}`, form);
    }),
  ),
  redeeming(
    'parameter_in_query',
    'everything, with an empty form',
    {},
    400,
    sent((stage, form) => stage.postForm(`${TOKEN}?${form}`, '')),
  ),
  redeeming('content_type_not_allowed', 'JSON', {}, 400, { ...typed('application/json', json), ...UNCLEAR }),
  redeeming('content_type_not_allowed', 'multipart', {}, 400, { ...typed(MULTIPART, multipart), ...UNCLEAR }),
  redeeming('content_type_not_allowed', 'a form in another charset', {}, 200, {
    ...typed('application/x-www-form-urlencoded; charset=utf-7', String),
    ...UNCLEAR,
  }),
  redeeming('content_encoding_not_allowed', 'declared as gzip, but not', {}, 200, {
    ...encoded('gzip', String),
    ...UNCLEAR,
  }),
  redeeming('content_encoding_not_allowed', 'gzip', {}, 400, {
    ...encoded('gzip', (form) => gzipSync(form.toString())),
    ...NOBODYS,
  }),
  ...['GET', 'PUT', 'DELETE', 'PATCH'].map((method) =>
    redeeming('http_method_not_allowed', method, {}, 400, { ...withMethod(method), ...ALLOW }),
  ),
  redeeming('body_too_large', 'more than 64 KiB', { padding: 'x'.repeat(70_000) }, 200, NOBODYS),
  redeeming('body_too_large', 'a megabyte', { padding: 'x'.repeat(1_000_000) }, 200, NOBODYS),
  ...[
    '/oauth2/token/',
    '//oauth2/token',
    '/OAuth2/Token',
    '/oauth2/%74oken',
    '/oauth2/token;v=1',
    '/oauth2/token%00',
    '/oauth2%2Ftoken',
  ].map((path) => redeeming('path_ambiguous', path, {}, 404, { ...atPath(path), ...NOBODYS })),
  // A request at another path that would redeem a code.
  redeeming('path_ambiguous', 'another path, in its query', {}, 404, {
    ...sent((stage, form) => stage.send(`/oauth2/exchange?${form}`)),
    ...NOBODYS,
  }),
  redeeming('path_ambiguous', 'another path, in a form', {}, 404, {
    ...atPath('/oauth2/exchange'),
    ...NOBODYS,
  }),
  redeeming('path_ambiguous', 'another path, in JSON', {}, 404, {
    ...sent((stage, form) =>
      stage.postForm('/oauth2/exchange', json(form), { headers: { 'content-type': 'application/json' } }),
    ),
    ...NOBODYS,
  }),
  redeeming('path_ambiguous', 'another path, in multipart', {}, 404, {
    ...sent((stage, form) =>
      stage.postForm('/oauth2/exchange', multipart(form), { headers: { 'content-type': MULTIPART } }),
    ),
    ...NOBODYS,
  }),
];
