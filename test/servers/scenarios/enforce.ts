import { expect } from 'vitest';
import { newPkcePair } from '../../support/pkce-pair.ts';
import type { Product } from '../product.ts';
import { halfHash, payloadOf } from './id-token.ts';
import {
  arrivalOf,
  countDuring,
  expectRefused,
  expectTokens,
  logIn,
  logInPushed,
  pushRequest,
  redeemCode,
  stateOf,
  tokenRequests,
} from './login.ts';
import type { Scenario } from './scenario.ts';

const WITHOUT_CHALLENGE = { code_challenge: undefined, code_challenge_method: undefined };

/** An enforced client, one whose requests break its policy, and a thief with its code: with the usual store, and without one. */
export const ENFORCE: readonly Scenario[] = [...enforced('enforce'), ...enforced('sealed')];

function enforced(route: 'enforce' | 'sealed'): readonly Scenario[] {
  // A sealed store wraps every code.
  const mustCover = ({ can }: Product) => can.coverCode && route === 'enforce';
  return [
    {
      name: 'login and consent with PKCE end with tokens, and count as one login without a violation',
      route,
      async run(stage) {
        await using visit = await stage.newVisit();
        const counted = await countDuring(stage, route, async () => {
          await expectTokens(stage, await logIn(visit), visit.pkce.verifier);
        });
        expect(counted).toEqual({ violations: 0, requests: 1, bound: 1, verified: 1 });
      },
    },
    {
      name: 'a request without a challenge is refused before the server hears of it',
      route,
      async run(stage) {
        await using visit = await stage.newVisit();
        const url = visit.authorizationUrl(WITHOUT_CHALLENGE);
        await visit.page.goto(url);
        const { parameters } = arrivalOf(await visit.travel());
        expect(parameters.get('error')).toBe('invalid_request');
        expect(parameters.get('state')).toBe(stateOf(url));
        expect(parameters.has('code')).toBe(false);
        const { authorization } = stage.running.paths;
        expect(stage.back.exchanges.filter(({ target }) => target.startsWith(authorization))).toEqual([]);
      },
    },
    {
      name: 'a wrong verifier is refused, and the right one still works',
      route,
      async run(stage) {
        await using visit = await stage.newVisit();
        const login = await logIn(visit);
        expectRefused(await redeemCode(stage, login.code, newPkcePair().verifier));
        expect(tokenRequests(stage)).toBe(0);
        await expectTokens(stage, login, visit.pkce.verifier);
      },
    },
    {
      name: 'a missing verifier is refused',
      route,
      async run(stage) {
        await using visit = await stage.newVisit();
        const login = await logIn(visit);
        expectRefused(await redeemCode(stage, login.code));
        expect(tokenRequests(stage)).toBe(0);
      },
    },
    {
      name: 'a code is redeemed once: the second time is refused',
      route,
      async run(stage) {
        await using visit = await stage.newVisit();
        const login = await logIn(visit);
        await expectTokens(stage, login, visit.pkce.verifier);
        const second = await redeemCode(stage, login.code, visit.pkce.verifier);
        // Another replica leaves it to the server, which refuses it with its own response (Django OAuth Toolkit 1.0.0: a 401).
        expect(second.status).toBeGreaterThanOrEqual(400);
        expect(second.body).toMatchObject({ error: expect.stringMatching(/^invalid_/) });
        if (route === 'enforce') {
          expectRefused(second);
          expect(tokenRequests(stage)).toBe(1);
        }
      },
    },
    {
      name: 'a thief with the code gets nothing behind the gateway either',
      route,
      // A code that the id_token covers must stay unchanged.
      appliesTo: (product) => !mustCover(product),
      async run(stage) {
        await using visit = await stage.newVisit();
        const login = await logIn(visit);
        stage.take('straight');
        const stolen = await redeemCode(stage, login.code);
        stage.take(route);
        expect(stolen.status).toBeGreaterThanOrEqual(400);
        await expectTokens(stage, login, visit.pkce.verifier);
      },
    },
    {
      name: "the server's own code is nowhere in what the browser gets",
      route,
      appliesTo: (product) => !mustCover(product),
      async run(stage) {
        await using visit = await stage.newVisit();
        const login = await logIn(visit);
        await expectTokens(stage, login, visit.pkce.verifier);
        const redemption = stage.back.exchanges.find(({ target }) => target === stage.running.paths.token);
        const serversCode = new URLSearchParams(redemption?.body.toString()).get('code') as string;
        expect(serversCode).not.toBe(login.code);
        const heard = stage.front.exchanges.flatMap(({ responseHeaders, responseBody }) => [
          ...responseHeaders.map(([, value]) => value),
          responseBody.toString('latin1'),
        ]);
        expect(heard.filter((text) => text.includes(serversCode))).toEqual([]);
      },
    },
    {
      name: 'a pushed request is bound to its challenge',
      route,
      appliesTo: ({ can }) => can.push === true,
      async run(stage) {
        await using visit = await stage.newVisit();
        const { login } = await logInPushed(stage, visit);
        expectRefused(await redeemCode(stage, login.code, newPkcePair().verifier));
        await expectTokens(stage, login, visit.pkce.verifier);
      },
    },
    {
      name: 'a pushed request without a challenge is refused',
      route,
      appliesTo: ({ can }) => can.push === true,
      async run(stage) {
        await using visit = await stage.newVisit();
        const answer = await pushRequest(stage, visit.authorizationUrl(WITHOUT_CHALLENGE));
        expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
        const { pushedAuthorization } = stage.running.paths;
        expect(stage.back.exchanges.filter(({ target }) => target === pushedAuthorization)).toEqual([]);
      },
    },
    {
      name: 'a c_hash in the id_token is that of the code which the client holds',
      route,
      appliesTo: mustCover,
      async run(stage) {
        // The gateway may learn of the c_hash from the first login.
        for (const attempt of ['first', 'second']) {
          await using visit = await stage.newVisit();
          const login = await logIn(visit);
          const { body } = await expectTokens(stage, login, visit.pkce.verifier);
          const { c_hash } = payloadOf(body['id_token'] as string);
          if (attempt === 'second') expect(c_hash).toBe(halfHash(login.code));
        }
      },
    },
    {
      name: 'the tokens can be refreshed',
      route,
      appliesTo: ({ can }) => can.refresh,
      async run(stage) {
        await using visit = await stage.newVisit();
        const { body } = await expectTokens(stage, await logIn(visit), visit.pkce.verifier);
        const refresh_token = body['refresh_token'] as string;
        const again = await stage.post(stage.running.paths.token, {
          grant_type: 'refresh_token',
          refresh_token,
        });
        expect(again).toMatchObject({ status: 200, body: { access_token: expect.any(String) } });
      },
    },
    {
      name: 'form_post brings the code and the state of the client',
      route,
      appliesTo: ({ can }) => can.formPost,
      async run(stage) {
        await using visit = await stage.newVisit();
        const login = await logIn(visit, { response_mode: 'form_post' });
        expect(login.journey.arrival?.via).toBe('form_post');
        await expectTokens(stage, login, visit.pkce.verifier);
      },
    },
    {
      name: 'a client without a state gets none',
      route,
      async run(stage) {
        await using visit = await stage.newVisit();
        await visit.page.goto(visit.authorizationUrl({ state: undefined }));
        const { parameters } = arrivalOf(await visit.travel());
        expect(parameters.has('code')).toBe(true);
        expect(parameters.get('state')).toBeNull();
      },
    },
  ];
}
