import { rawRequest } from '../../support/raw-http.ts';
import { FORM, type Loot, post, theft } from './attack.ts';
import type { MessageAttack } from './messages.ts';

/** Codes under other names are no redemption. */
const NAMED = { grantType: 'needed' } as const;
/** The endpoint gets the request without the cookie. */
const LEFT_OUT = {
  amongLax: 'defused',
  laxity: NAMED,
  elsewhere: { expected: 'path_ambiguous', amongLax: 'path_ambiguous' },
} as const;

const withCookies = (form: string, cookies: string) => (target: string, loot: Loot) =>
  post(target, loot, form, [FORM, `Cookie: ${cookies.replace('{code}', loot.code)}`]);

const GRANT = 'grant_type=authorization_code&client_id=lax';

/** Servers that read cookies as parameters. */
export const COOKIE_ATTACKS: readonly MessageAttack[] = [
  {
    name: 'a code in a cookie',
    expected: 'code_missing',
    ...LEFT_OUT,
    write: withCookies(GRANT, 'code={code}'),
  },
  ...['%63ode', 'Code', 'code[]', ' code\t'].map((name) => ({
    name: `a code in a cookie named ${JSON.stringify(name)}`,
    expected: 'code_missing' as const,
    ...LEFT_OUT,
    write: withCookies(GRANT, `a=b; ${name}={code}; c=d`),
  })),
  {
    name: 'a code in the second Cookie header',
    expected: 'code_missing' as const,
    ...LEFT_OUT,
    write: withCookies(GRANT, 'a=b\r\ncookie: code={code}'),
  },
  {
    name: 'a code in a cookie, over another code in the form',
    expected: 'code_unknown',
    ...LEFT_OUT,
    write: withCookies(`${GRANT}&code=of-the-thief`, 'code={code}'),
  },
  {
    name: 'a grant in a cookie',
    expected: 'parameter_malformed',
    laxity: NAMED,
    write: (target, loot) =>
      post(target, loot, theft(loot.code, { grant_type: undefined }), [
        FORM,
        'Cookie: grant_type=authorization_code',
      ]),
  },
  {
    name: 'a grant in a cookie, over another grant in the form',
    expected: 'verifier_missing',
    laxity: NAMED,
    write: (target, loot) =>
      post(target, loot, theft(loot.code, { grant_type: 'refresh_token' }), [
        FORM,
        'Cookie: grant_type=authorization_code',
      ]),
  },
  {
    name: 'cookies alone',
    expected: 'http_method_not_allowed',
    ...LEFT_OUT,
    write: (target, { code, host }) =>
      rawRequest(`GET ${target} HTTP/1.1`, [`Cookie: ${theft(code).replaceAll('&', '; ')}`], '', host),
  },
];
