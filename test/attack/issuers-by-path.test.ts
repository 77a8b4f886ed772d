import { describe, expect, test } from 'vitest';
import { type GatewayUnderTest, startGatewayUnderTest } from '../support/gateway-under-test.ts';
import { newPkcePair } from '../support/pkce-pair.ts';
import { type RawResponse, rawRequest, sendRaw } from '../support/raw-http.ts';
import { type SloppyServer, startSloppyServer } from '../support/upstreams/sloppy-server.ts';
import { REDIRECT_URI } from './attack-stage.ts';
import { spellingsOf } from './path-spellings.ts';
import { theft } from './redemption/attack.ts';

// One server that reads paths with every known tolerance, and two issuers in front of it: an enforced one for its own path,
// and one for the rest that judges nothing. An attacker succeeds by reaching one through the other.

const FORM = ['Content-Type: application/x-www-form-urlencoded'];

class Scene implements AsyncDisposable {
  readonly #server: SloppyServer;
  readonly #gateway: GatewayUnderTest;

  private constructor(server: SloppyServer, gateway: GatewayUnderTest) {
    this.#server = server;
    this.#gateway = gateway;
  }

  static async open(rest: string): Promise<Scene> {
    const server = await startSloppyServer();
    const upstream = `upstream: {url: "${server.url}"}, forward_pkce: never`;
    const endpointsAt = (path: string) =>
      `endpoints: {authorization: [${path}/authorize], token: [${path}/token]}`;
    const issuers = [
      `  - {name: strict, paths: [/oauth2], ${upstream}, ${endpointsAt('/oauth2')}, clients: {spa: {wrap_codes: false, redirect_uris: ["${REDIRECT_URI}"]}}}`,
      `  - {name: rest, ${upstream}, ${endpointsAt('/elsewhere')}, unlisted_clients: {mode: ${rest}}}`,
    ].join('\n');
    return new Scene(server, await startGatewayUnderTest({ upstream: server.url, issuers }));
  }

  get issued(): number {
    return this.#server.issued;
  }

  authorize(path: string, challenge?: string): Promise<RawResponse> {
    const pkce = challenge === undefined ? '' : `&code_challenge=${challenge}&code_challenge_method=S256`;
    const query = `response_type=code&client_id=spa&redirect_uri=${encodeURIComponent(REDIRECT_URI)}${pkce}`;
    return this.#send(`GET ${path}?${query} HTTP/1.1`, []);
  }

  redeem(path: string, code: string, verifier?: string): Promise<RawResponse> {
    const more = verifier === undefined ? {} : { code_verifier: verifier };
    return this.#send(`POST ${path} HTTP/1.1`, FORM, theft(code, { client_id: 'spa', ...more }));
  }

  #send(requestLine: string, headers: readonly string[], body = ''): Promise<RawResponse> {
    return sendRaw(this.#gateway.url, rawRequest(requestLine, headers, body, 'login.test'));
  }

  reasons(): readonly unknown[] {
    return this.#gateway.logLines.filter(({ event }) => event === 'refusal').map(({ reason }) => reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}

const codeIn = ({ raw }: RawResponse) => /[?&]code=([^&\s]+)/.exec(raw)?.[1];

describe.each(['off', 'report'])('beside an issuer in %s', (rest) => {
  test.each(Object.entries(spellingsOf('token')))(
    'no spelling of the token endpoint redeems a code without its verifier: %s',
    async (_, paths) => {
      await using scene = await Scene.open(rest);
      const { challenge, verifier } = newPkcePair();
      const code = codeIn(await scene.authorize('/oauth2/authorize', challenge)) ?? '';
      for (const path of paths) expect([path, (await scene.redeem(path, code)).status]).toEqual([path, 400]);
      expect(new Set(scene.reasons())).toEqual(new Set(['path_ambiguous']));
      expect(scene.issued).toBe(0);
      // Nor does the endpoint of the lax issuer, which the server may read as the same.
      expect((await scene.redeem('/elsewhere/token', code)).status).toBe(400);
      expect(scene.reasons().at(-1)).toBe('verifier_missing');
      expect((await scene.redeem('/oauth2/token', code, verifier)).status).toBe(200);
    },
  );

  test.each(Object.entries(spellingsOf('authorize')))(
    'no spelling of the authorization endpoint gives a code without a challenge: %s',
    async (kind, paths) => {
      await using scene = await Scene.open(rest);
      for (const path of paths) {
        const answer = await scene.authorize(path);
        expect([path, codeIn(answer)]).toEqual([path, undefined]);
        // Before the server saw it.
        if (kind === 'resembling') {
          expect([path, answer.status, scene.reasons().at(-1)]).toEqual([path, 400, 'path_ambiguous']);
        }
      }
    },
  );

  // Not every server knows the same encodings of a character.
  test.each(['/%ef%bd%8fauth2/token', '/%c1%afauth2/token', '/%25252525256fauth2/token', '/%00oauth2/token'])(
    'a character in another encoding may belong to another issuer: %s',
    async (path) => {
      await using scene = await Scene.open(rest);
      expect((await scene.redeem(path, 'a-code')).status).toBe(400);
      expect(scene.reasons()).toEqual(['path_ambiguous']);
    },
  );
});

test('a path that belongs only to the lax issuer passes', async () => {
  await using scene = await Scene.open('off');
  for (const path of [
    '/oauth2x/authorize',
    '/x/oauth2/y',
    '/caf%E9/a%20b;v=1//c.css',
    '/%D0%BF/%E2%82%AC',
    '/100%25',
  ]) {
    expect([path, (await scene.authorize(path)).status]).toEqual([path, 404]);
  }
  expect(scene.reasons()).toEqual([]);
});
