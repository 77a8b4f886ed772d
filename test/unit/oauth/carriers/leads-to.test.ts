import { describe, expect, test } from 'vitest';
import type { ContentFamily } from '../../../../src/oauth/carriers/content-family.ts';
import { leadsTo, targetFor } from '../../../../src/oauth/carriers/leads-to.ts';
import { carriersOf, PREFIX, readBody } from '../../../support/read-carriers.ts';

const CB = 'https://app.example.com/cb';
const MEMBERS = `"code":"old-code-0123456","state":"${PREFIX}"`;
const NOWHERE = { isAuthorizationAnswer: false, responseMode: undefined };
const ANSWER = { isAuthorizationAnswer: true, responseMode: undefined };

function only(family: ContentFamily, body: string) {
  const [carrier, ...others] = carriersOf(readBody(family, body));
  if (carrier === undefined || others.length > 0) throw new Error('not one carrier');
  return carrier;
}
const message = (origin: string) =>
  only('html', `<script>opener.postMessage({"response":{${MEMBERS}}}, "${origin}")</script>`);

describe('a response leads to a redirect_uri', () => {
  test.each([
    ['that a link names', only('html', `<a href="${CB}?code=x&state=${PREFIX}">`), NOWHERE],
    ['that its object names', only('json', `{${MEMBERS},"issuer":"https://as","to":"${CB}"}`), NOWHERE],
    ['as the authorization endpoint’s own answer', only('json', `{${MEMBERS}}`), ANSWER],
    ['whose origin a message is for', message('https://app.example.com'), NOWHERE],
    ['as its response_mode says', message('*'), { ...NOWHERE, responseMode: 'web_message' }],
  ])('%s', (_, carrier, context) => {
    expect(leadsTo(carrier, CB, context)).toBe(true);
    expect(targetFor(carrier, CB)?.origin).toBe('https://app.example.com');
  });

  test.each([
    ['another path', only('html', `<a href="${CB}/x?code=x&state=${PREFIX}">`), ANSWER],
    ['another object’s', only('json', `[{${MEMBERS}},{"to":"${CB}"}]`), NOWHERE],
    ['a code that is too short', only('json', `{"code":"short-code","state":"${PREFIX}"}`), ANSWER],
    ['another origin', message('https://app.example.com.evil.example'), ANSWER],
    ['any origin', message('*'), ANSWER],
  ])('not %s', (_, carrier, context) => expect(leadsTo(carrier, CB, context)).toBe(false));

  test('a message for a private-use scheme has no origin to compare', () =>
    expect(leadsTo(message('com.example.app:/x'), 'com.example.app:/cb', NOWHERE)).toBe(false));

  test('without a redirect_uri, a separate code and state lead nowhere', () =>
    expect(targetFor(only('json', `{${MEMBERS}}`), undefined)).toBeUndefined());
});
