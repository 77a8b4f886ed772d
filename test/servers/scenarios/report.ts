import { expect } from 'vitest';
import { type Route, type Stage, stateCharacters } from '../stage/stage.ts';
import { isSpoken, transcribe } from '../stage/transcript.ts';
import { countDuring, logIn, redeemCode } from './login.ts';
import type { Scenario } from './scenario.ts';

const route = 'report';

type Kind = {
  readonly name: string;
  readonly parameters?: Readonly<Record<string, string | undefined>>;
  readonly violations: number;
  readonly appliesTo?: Scenario['appliesTo'];
};

const KINDS: readonly Kind[] = [
  { name: 'with PKCE', violations: 0 },
  {
    name: 'without PKCE',
    parameters: { code_challenge: undefined, code_challenge_method: undefined },
    violations: 1,
    appliesTo: ({ can }) => can.loginWithoutPkce,
  },
  {
    name: 'with form_post',
    parameters: { response_mode: 'form_post' },
    violations: 0,
    appliesTo: ({ can }) => can.formPost,
  },
];

/** Report adds the state's prefix on the server's side, and changes nothing else that a browser, a client or the server can see. */
export const REPORT: readonly Scenario[] = [
  ...KINDS.flatMap(loginScenarios),
  {
    name: 'the discovery document is the one of the server, but for what it says of PKCE',
    route,
    appliesTo: ({ can }) => can.discovery === true,
    async run(stage) {
      const metadata = stage.running.paths.metadata ?? '';
      const through = await stage.get(metadata);
      stage.take('straight');
      const straight = await stage.get(metadata);
      const { code_challenge_methods_supported: methods, ...others } = through.body;
      const { code_challenge_methods_supported: _, ...othersStraight } = straight.body;
      expect(others).toEqual(othersStraight);
      expect(methods).toEqual(['S256']);
    },
  },
];

function loginScenarios({ name, parameters = {}, violations, appliesTo }: Kind): Scenario[] {
  return [
    {
      name: `a login ${name} is, byte for byte, the one that goes straight to the server`,
      route,
      ...(appliesTo !== undefined && { appliesTo }),
      async run(stage) {
        const state = newState(stage);
        const straight = await recordLogin(stage, 'straight', { ...parameters, state });
        const through = await recordLogin(stage, route, { ...parameters, state });
        expect(through.front).toBe(straight.front);
        expect(through.back).toBe(straight.front);
        expect(through.prefixesSeenByClient).toEqual([]);
      },
    },
    {
      name: `a login ${name} counts ${violations === 0 ? 'no violation' : 'one violation'}`,
      route,
      ...(appliesTo !== undefined && { appliesTo }),
      async run(stage) {
        await using visit = await stage.newVisit();
        const counted = await countDuring(stage, route, async () => {
          const { code } = await logIn(visit, parameters);
          const verifier = 'code_challenge' in parameters ? undefined : visit.pkce.verifier;
          expect(await redeemCode(stage, code, verifier)).toMatchObject({ status: 200 });
        });
        expect(counted).toMatchObject({ violations, requests: 1, bound: 1 });
      },
    },
  ];
}

type Recorded = {
  readonly front: string;
  readonly back: string;
  readonly prefixesSeenByClient: readonly string[];
};

async function recordLogin(
  stage: Stage,
  way: Route,
  parameters: Readonly<Record<string, string | undefined>> & { readonly state: string },
): Promise<Recorded> {
  await using visit = await stage.newVisit();
  stage.take(way);
  // The same in both logins, so that nothing of it must be ignored.
  const pkce = 'code_challenge' in parameters ? {} : { code_challenge: CHALLENGE };
  const { code } = await logIn(visit, { ...pkce, ...parameters });
  const answer = await redeemCode(stage, code, 'code_challenge' in parameters ? undefined : VERIFIER);
  expect(answer).toMatchObject({ status: 200 });
  const reading = {
    random: [...stage.product.random, { what: 'the code', pattern: new RegExp(escaped(code), 'g') }],
    state: parameters.state,
    username: visit.user.username,
    host: new URL(stage.publicOrigin).host,
    redirectUri: stage.client.redirectUri,
  };
  const spoken = stage.front.exchanges.filter(isSpoken);
  const toClient = spoken
    .flatMap(({ responseHeaders }) => responseHeaders)
    .filter(
      ([name, value]) => name.toLowerCase() === 'location' && value.startsWith(stage.client.redirectUri),
    )
    .map(([, value]) => value);
  return {
    front: transcribe(stage.front.exchanges, reading),
    back: transcribe(stage.back.exchanges, reading),
    prefixesSeenByClient: toClient.filter(
      (location) => !location.includes(`state=${startOf(parameters.state)}`),
    ),
  };
}

/** RFC 7636 appendix B. */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

function newState({ product }: Stage): string {
  return `${crypto.randomUUID().replaceAll('-', '')}${stateCharacters(product)}`;
}

function startOf(state: string): string {
  return state.slice(0, 32);
}

function escaped(text: string): string {
  return text.replace(/[^\w]/g, '\\$&');
}
