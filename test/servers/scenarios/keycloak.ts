import { expect } from 'vitest';
import { newPkcePair } from '../../support/pkce-pair.ts';
import type { Stage, Visit } from '../stage/stage.ts';
import {
  arrivalOf,
  checkLogin,
  expectRefused,
  expectTokens,
  redeemCode,
  stateOf,
  tokenRequests,
} from './login.ts';
import type { Scenario } from './scenario.ts';

const isKeycloak: Scenario['appliesTo'] = ({ name }) => name === 'Keycloak';
const ROUTES = ['enforce', 'report'] as const;

/** Scenarios of Keycloak only. */
export const KEYCLOAK: readonly Scenario[] = [
  ...ROUTES.map(
    (route): Scenario => ({
      name: 'a new user registers at the endpoint for that, and is logged in',
      route,
      appliesTo: isKeycloak,
      async run(stage) {
        await using visit = await stage.newVisit();
        const url = registrationUrl(visit);
        await visit.page.goto(url);
        const login = checkLogin(url, await visit.travel());
        expect(login.journey.pages).toEqual(['registration', 'consent', 'client']);
        if (route === 'enforce') expectRefused(await redeemCode(stage, login.code, newPkcePair().verifier));
        await expectTokens(stage, login, visit.pkce.verifier);
      },
    }),
  ),
  {
    name: 'a registration without a challenge is refused before the server hears of it',
    route: 'enforce',
    appliesTo: isKeycloak,
    async run(stage) {
      await using visit = await stage.newVisit();
      const url = registrationUrl(visit, { code_challenge: undefined, code_challenge_method: undefined });
      await visit.page.goto(url);
      const { parameters } = arrivalOf(await visit.travel());
      expect(parameters.get('error')).toBe('invalid_request');
      expect(parameters.get('state')).toBe(stateOf(url));
      expect(stage.back.exchanges.filter(({ target }) => target.includes('/registrations'))).toEqual([]);
    },
  },
  ...ROUTES.map(
    (route): Scenario => ({
      name: 'the account console, a client for which Keycloak itself requires S256, shows the user',
      route,
      appliesTo: isKeycloak,
      async run(stage) {
        await using visit = await stage.newVisit();
        await visit.page.goto(accountConsole(stage));
        // A script opens the login page.
        await visit.page.locator('#kc-login').waitFor();
        expect(await visit.step()).toMatchObject({ pages: ['login'] });
        const email = `${visit.user.username}@example.com`;
        await visit.page.waitForFunction(showsInput(email));
        expect(tokenRequests(stage)).toBeGreaterThan(0);
      },
    }),
  ),
];

/** An expression for the page: React sets the value of an input, and not its attribute. */
function showsInput(value: string): string {
  return `[...document.querySelectorAll('input')].some((input) => input.value === ${JSON.stringify(value)})`;
}

function registrationUrl(
  visit: Visit,
  parameters: Readonly<Record<string, string | undefined>> = {},
): string {
  return visit.authorizationUrl(parameters).replace('/auth?', '/registrations?');
}

function accountConsole({ publicOrigin, running }: Stage): string {
  const realm = running.paths.authorization.replace('/protocol/openid-connect/auth', '');
  return `${publicOrigin}${realm}/account/#/personal-info`;
}
