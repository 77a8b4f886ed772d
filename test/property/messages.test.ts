import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAuthorizationRequest } from '../../src/oauth/authorization-request.ts';
import { identifies, parseClientIdentity } from '../../src/oauth/client-identity.ts';
import { readJsonParameters } from '../../src/oauth/json-parameters.ts';
import { parseJwtClaims } from '../../src/oauth/jwt.ts';
import { Parameters } from '../../src/oauth/parameters.ts';
import { isCodeChallenge, isCodeVerifier, s256 } from '../../src/oauth/pkce.ts';
import { mergeRequestObject } from '../../src/oauth/request-object.ts';
import { decideAuthorizationRequest } from '../../src/policy/decide-authorization-request.ts';
import { samplePolicy } from '../support/sample-policy.ts';
import { unsignedJwt } from '../support/unsigned-jwt.ts';

const text = fc.string({ unit: 'binary' });
const NONE = new Parameters([]);
const UNRESERVED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~';
const verifier = fc.string({ unit: fc.constantFrom(...UNRESERVED), minLength: 43, maxLength: 128 });

test('different verifiers have different challenges', () => {
  fc.assert(
    fc.property(verifier, verifier, (one, other) => {
      expect(isCodeVerifier(one)).toBe(true);
      expect(isCodeChallenge(s256(one), 'S256')).toBe(true);
      fc.pre(one !== other);
      expect(s256(one)).not.toBe(s256(other));
    }),
  );
});

test('a client is identified by its Basic credentials, encoded or not', () => {
  const clientId = text.filter((id) => !id.includes(':'));
  const basic = (user: string) => `Basic ${Buffer.from(`${user}:secret`).toString('base64')}`;
  fc.assert(
    fc.property(clientId, text, (id, other) => {
      const asSent = parseClientIdentity(NONE, basic(id));
      const encoded = parseClientIdentity(NONE, basic(encodeURIComponent(id)));
      const asForm = parseClientIdentity(NONE, basic(new URLSearchParams([['', id]]).toString().slice(1)));
      for (const identity of [asSent, encoded, asForm]) expect(identifies(identity, id)).toBe(true);
      fc.pre(asSent.names[0]?.includes(other) === false);
      expect(identifies(asSent, other)).toBe(false);
    }),
  );
});

test('no header, and no assertion, makes it throw', () => {
  fc.assert(
    fc.property(text, text, text, (authorization, assertion, claims) => {
      const parameters = new Parameters([['client_assertion', assertion]]);
      parseClientIdentity(parameters, authorization);
      parseClientIdentity(new Parameters([['client_assertion', `a.${btoa('{')}.`]]), `Basic ${claims}`);
    }),
  );
});

test('the claims of any JWT are restored', () => {
  fc.assert(
    fc.property(fc.dictionary(text, fc.jsonValue()), (claims) => {
      expect(parseJwtClaims(unsignedJwt(claims))).toEqual(JSON.parse(JSON.stringify(claims)));
    }),
  );
});

test('no text makes the readers of JWT and JSON throw', () => {
  const dotted = fc
    .array(fc.oneof(fc.base64String(), text), { maxLength: 6 })
    .map((parts) => parts.join('.'));
  fc.assert(
    fc.property(fc.oneof(text, dotted, fc.json()), (value) => {
      parseJwtClaims(value);
      readJsonParameters(value);
    }),
  );
});

test('an object with unique names is read, one with a repeated name is not', () => {
  const member = fc.tuple(text, fc.jsonValue());
  fc.assert(
    fc.property(
      fc.uniqueArray(member, { selector: ([name]) => name, minLength: 1 }),
      fc.nat(),
      (members, nth) => {
        const write = (list: typeof members) =>
          `{${list.map(([name, value]) => `${JSON.stringify(name)} :${JSON.stringify(value)}`).join(',')}}`;
        const texts = readJsonParameters(write(members));
        const twice = [...members, members[nth % members.length] as (typeof members)[number]];
        expect(readJsonParameters(write(twice))).toBeUndefined();
        // A text that begins with a colon may look like a name: it counts as a repetition, which is safe.
        fc.pre(!/"\s*:/.test(JSON.stringify(members)));
        expect(texts).toBeDefined();
      },
    ),
  );
});

test('the result of any request object is judged', () => {
  const name = fc.constantFrom(
    'client_id',
    'redirect_uri',
    'response_type',
    'state',
    'code_challenge',
    'request',
    'x',
  );
  const value = fc.oneof(fc.constantFrom('code', 'a'), fc.jsonValue());
  const outer = fc.array(fc.tuple(name, text), { maxLength: 4 });
  fc.assert(
    fc.property(outer, fc.dictionary(name, value), (parameters, claims) => {
      const request = parseAuthorizationRequest(new Parameters(parameters));
      const merged = mergeRequestObject(request, unsignedJwt(claims));
      if (typeof merged === 'string') return;
      for (const field of Object.values(merged.request))
        expect(['string', 'undefined', 'boolean']).toContain(typeof field);
      // A challenge outside the object does not count.
      if (claims['code_challenge'] === undefined) expect(merged.request.codeChallenge).toBeUndefined();
      const reason = decideAuthorizationRequest(merged.request, samplePolicy());
      if (reason === undefined)
        expect(isCodeChallenge(merged.request.codeChallenge ?? '', 'S256')).toBe(true);
    }),
    { numRuns: 500 },
  );
});
