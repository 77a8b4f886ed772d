import { describe, expect, test } from 'vitest';
import { Stage } from './stage.ts';

const NAMES = ['spa', 'my app/1', 'a:b', '100%', 'a%20b', 'zürich', 'a+b'] as const;

/** RFC 6749 2.3.1 requires an encoded user; many clients do not encode it. A colon must be encoded (RFC 7617). */
const WRITTEN: readonly (readonly [how: string, write: (name: string) => string])[] = [
  ['plain', (name) => name],
  ['percent-encoded', encodeURIComponent],
  ['form-encoded', (name) => new URLSearchParams({ name }).toString().slice('name='.length)],
];

const ISSUER = ['clients:', ...NAMES.map((name) => `  ${JSON.stringify(name)}: {mode: enforce}`)].join('\n');
const PKCE_FREE = { client_id: undefined, code_verifier: undefined };

const basic = (user: string, secret = 'the%20secret') =>
  `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;

/** How the scripted upstream decodes a user: `application/x-www-form-urlencoded`, or not at all. */
const readsAs = (user: string) => new URLSearchParams(`name=${user}`).get('name');

const PAIRS = NAMES.flatMap((name) =>
  WRITTEN.filter(([how]) => !(how === 'plain' && name.includes(':'))).map(
    ([how, write]) => [name, how, write(name)] as const,
  ),
);

describe('HTTP Basic credentials', () => {
  test.each(PAIRS)(
    'of %s, %s, name the client of the flow, and are forwarded verbatim',
    async (name, _, user) => {
      await using stage = await Stage.open({ issuer: ISSUER });
      const code = await stage.newCode({ client_id: name });
      const authorization = basic(user);
      const theft = await stage.redeem(code, PKCE_FREE, { headers: { authorization } });
      expect(theft.json.error).toBe('invalid_grant');
      expect(stage.logLines('refusal')).toEqual([
        expect.objectContaining({ reason: 'verifier_missing', client: name }),
      ]);
      expect(stage.upstream.tokenRequests).toEqual([]);

      const answer = await stage.redeem(code, { client_id: undefined }, { headers: { authorization } });
      expect(stage.upstream.tokenRequests.map(({ headers }) => headers.authorization)).toEqual([
        authorization,
      ]);
      // The upstream reads it in its own way: if it sees another client, the client gets that error.
      if (readsAs(user) === name && user !== '100%') expect(answer.status).toBe(200);
    },
  );

  test('of another client are a client_mismatch, and the code stays valid', async () => {
    await using stage = await Stage.open({ issuer: ISSUER });
    const code = await stage.newCode();
    const headers = { authorization: basic('a:b'.replace(':', '%3A')) };
    expect((await stage.redeem(code, { client_id: undefined }, { headers })).status).toBe(400);
    expect(stage.logLines('refusal').at(-1)).toMatchObject({ reason: 'client_mismatch', client: 'spa' });
    expect((await stage.redeem(code, {}, { headers: { authorization: basic('spa') } })).status).toBe(200);
  });

  test('of another client are a client_mismatch where some servers skip characters in them', async () => {
    await using stage = await Stage.open({ issuer: ISSUER });
    const authorization = basic('my app/1').replace(/.{4}$/, '!$&');
    const answer = await stage.redeem(await stage.newCode(), {}, { headers: { authorization } });
    expect(answer.status).toBe(400);
    expect(stage.logLines('refusal').at(-1)).toMatchObject({ reason: 'client_mismatch', client: 'spa' });
    expect(stage.upstream.tokenRequests).toEqual([]);
  });

  test.each(['Basic', 'Basic !!!', 'Basic =', 'Bearer abc', 'Basic YQ', 'Digest username="spa"'])(
    'that are unreadable are left to the upstream: %s',
    async (authorization) => {
      await using stage = await Stage.open({ issuer: ISSUER });
      const code = await stage.newCode();
      const headers = { authorization };
      expect((await stage.redeem(code, { code_verifier: undefined }, { headers })).status).toBe(400);
      expect(stage.logLines('refusal').at(-1)).toMatchObject({ client: 'spa' });
      expect(stage.upstream.tokenRequests).toEqual([]);
    },
  );
});

describe('credentials in the form', () => {
  test('are forwarded unchanged', async () => {
    await using stage = await Stage.open({ issuer: ISSUER });
    const secret = 'p%C3%A4ss w+rd&=';
    expect((await stage.redeem(await stage.newCode(), { client_secret: secret })).status).toBe(200);
    expect(stage.upstream.tokenRequests[0]?.form.get('client_secret')).toBe(secret);
  });

  test('an absent client_id is left to the upstream', async () => {
    await using stage = await Stage.open({ issuer: ISSUER });
    expect((await stage.redeem(await stage.newCode(), { client_id: undefined })).status).toBe(200);
    expect(stage.upstream.tokenRequests[0]?.form.has('client_id')).toBe(false);
  });

  test('an absent redirect_uri is left to the upstream', async () => {
    await using stage = await Stage.open({ issuer: ISSUER });
    expect((await stage.redeem(await stage.newCode(), { redirect_uri: undefined })).status).toBe(200);
    expect(stage.upstream.tokenRequests[0]?.form.has('redirect_uri')).toBe(false);
  });
});
