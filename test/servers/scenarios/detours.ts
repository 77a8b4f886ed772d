import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { newPkcePair } from '../../support/pkce-pair.ts';
import type { Journey } from '../stage/journey.ts';
import type { Stage, Visit } from '../stage/stage.ts';
import { redeemCode, stateOf } from './login.ts';
import type { Scenario } from './scenario.ts';

/** Users' detours during a login. Each must end as without the gateway. */
type Detour = {
  readonly name: string;
  readonly appliesTo?: Scenario['appliesTo'];
  /** Returns what the visitor saw, and the end. */
  wander(visit: Visit, stage: Stage): Promise<Ending>;
};

type Ending = {
  readonly journeys: readonly Journey[];
  /** The state of the request that the last journey answers. */
  readonly url: string;
};

const DETOURS: readonly Detour[] = [
  {
    name: 'a wrong password first',
    async wander(visit) {
      const url = await begin(visit);
      const tried = await visit.step({ password: 'not-the-password' });
      return { url, journeys: [tried, await visit.travel()] };
    },
  },
  {
    name: 'the login page is loaded again',
    async wander(visit) {
      const url = await begin(visit);
      await visit.page.reload();
      return { url, journeys: [await visit.travel()] };
    },
  },
  {
    name: 'Back after the login',
    async wander(visit) {
      const url = await begin(visit);
      const first = await visit.travel();
      await goBack(visit.page);
      return { url, journeys: [first, await visit.travel()] };
    },
  },
  {
    name: 'Back after the login, and that page loaded again',
    async wander(visit) {
      const url = await begin(visit);
      const first = await visit.travel();
      await goBack(visit.page);
      await visit.page.reload();
      return { url, journeys: [first, await visit.travel()] };
    },
  },
  {
    name: 'Back at the consent page',
    appliesTo: ({ can }) => can.denyConsent,
    async wander(visit) {
      const url = await begin(visit);
      const first = await visit.step();
      await goBack(visit.page);
      return { url, journeys: [first, await visit.travel()] };
    },
  },
  {
    name: 'the consent page is loaded again',
    appliesTo: ({ can }) => can.denyConsent,
    async wander(visit) {
      const url = await begin(visit);
      const first = await visit.step();
      await visit.page.reload();
      return { url, journeys: [first, await visit.travel()] };
    },
  },
  {
    name: 'a user who says no',
    appliesTo: ({ can }) => can.denyConsent,
    async wander(visit) {
      const url = await begin(visit);
      return { url, journeys: [await visit.travel({ consents: false })] };
    },
  },
  {
    name: 'two tabs, the login goes on in the second one',
    async wander(visit) {
      await begin(visit);
      const page = await visit.context.newPage();
      const url = visit.authorizationUrl({}, newPkcePair());
      await page.goto(url);
      return { url, journeys: [await visit.travel({ page })] };
    },
  },
  {
    name: 'two tabs, the first one goes on after the second one has ended',
    async wander(visit) {
      const url = await begin(visit);
      const page = await visit.context.newPage();
      await page.goto(visit.authorizationUrl({}, newPkcePair()));
      const second = await visit.travel({ page });
      const first = await visit.travel();
      // Keycloak's login page continues by itself after another tab logged in: whether it is still seen is a matter of timing.
      return { url, journeys: [second, { ...first, pages: first.pages.slice(-1) }] };
    },
  },
  {
    name: 'a second login in the same browser',
    async wander(visit) {
      await begin(visit);
      const first = await visit.travel();
      const url = await begin(visit);
      return { url, journeys: [first, await visit.travel()] };
    },
  },
  {
    name: 'response_mode=fragment',
    async wander(visit) {
      const url = await begin(visit, { response_mode: 'fragment' });
      return { url, journeys: [await visit.travel()] };
    },
  },
  {
    name: 'the login page as a bookmark, opened with another browser',
    async wander(visit, stage) {
      const url = await begin(visit);
      const bookmark = visit.page.url();
      await using other = await stage.newVisit();
      await other.page.goto(bookmark);
      return { url, journeys: [await other.travel()] };
    },
  },
  {
    name: 'the login page left until the session is gone',
    async wander(visit) {
      const url = await begin(visit);
      await visit.context.clearCookies();
      return { url, journeys: [await visit.travel()] };
    },
  },
];

export const DETOUR_SCENARIOS: readonly Scenario[] = DETOURS.flatMap(({ name, appliesTo, wander }) => {
  // The product does not change between the two tries.
  const straightOutcomes = new WeakMap<Stage, unknown>();
  return (['enforce', 'report'] as const).map((route) => ({
    name: `${name}: ends as without the gateway`,
    route,
    ...(appliesTo !== undefined && { appliesTo }),
    async run(stage) {
      if (!straightOutcomes.has(stage)) {
        stage.take('straight');
        straightOutcomes.set(stage, await outcome(stage, wander));
        stage.take(route);
      }
      expect(await outcome(stage, wander)).toEqual(straightOutcomes.get(stage));
    },
  }));
});

async function outcome(stage: Stage, wander: Detour['wander']): Promise<unknown> {
  await using visit = await stage.newVisit();
  const { journeys, url } = await wander(visit, stage);
  const parameters = journeys.at(-1)?.arrival?.parameters;
  const code = parameters?.get('code') ?? undefined;
  const state = parameters?.get('state') ?? '';
  return {
    pages: journeys.map(({ pages }) => pages),
    via: journeys.at(-1)?.arrival?.via,
    parameters: [...new Set(parameters?.keys())].sort(),
    error: parameters?.get('error'),
    state:
      state === stateOf(url) ? 'its own' : visit.verifiers.has(state) ? 'that of another tab' : 'unknown',
    // As clients do that store data under their state.
    redeemed:
      code === undefined ? undefined : (await redeemCode(stage, code, visit.verifiers.get(state))).status,
  };
}

/** If a page came from a posted form, Chromium asks whether to post it again; this visitor confirms. */
async function goBack(page: Page): Promise<void> {
  try {
    await page.goBack();
  } catch (error) {
    if (!String(error).includes('ERR_CACHE_MISS')) throw error;
    await page.waitForURL((url) => url.protocol === 'chrome-error:');
    await page.reload();
  }
}

async function begin(visit: Visit, parameters: Readonly<Record<string, string>> = {}): Promise<string> {
  const url = visit.authorizationUrl(parameters);
  await visit.page.goto(url);
  return url;
}
