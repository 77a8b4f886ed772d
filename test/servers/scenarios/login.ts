import { expect } from 'vitest';
import type { Arrival, Journey } from '../stage/journey.ts';
import type { Stage, TokenAnswer, Visit } from '../stage/stage.ts';
import type { Scenario } from './scenario.ts';

export type Login = {
  readonly journey: Journey;
  /** The state that the client sent. */
  readonly state: string;
  readonly code: string;
};

type Parameters = Readonly<Record<string, string | undefined>>;

/** A login from the authorization request to the client; the client must get a code and its own state. */
export async function logIn(visit: Visit, parameters: Parameters = {}): Promise<Login> {
  const url = visit.authorizationUrl(parameters);
  await visit.page.goto(url);
  const journey = await visit.travel();
  return checkLogin(url, journey);
}

export function checkLogin(authorizationUrl: string, journey: Journey): Login {
  const arrival = arrivalOf(journey);
  const state = stateOf(authorizationUrl);
  const { code, ...others } = Object.fromEntries(arrival.parameters);
  expect(others, `the client gets an error after ${journey.pages.join(' → ')}`).not.toHaveProperty('error');
  expect(others['state']).toBe(state);
  expect(code).toBeTypeOf('string');
  return { journey, state, code: code as string };
}

/** Pushes the parameters of an authorization URL (RFC 9126). */
export function pushRequest(stage: Stage, authorizationUrl: string): Promise<TokenAnswer> {
  const path = stage.running.paths.pushedAuthorization;
  if (path === undefined) throw new Error('the product says that it can push, but not where');
  return stage.post(path, Object.fromEntries(new URL(authorizationUrl).searchParams));
}

export async function logInPushed(stage: Stage, visit: Visit): Promise<{ login: Login; url: string }> {
  const url = visit.authorizationUrl();
  const { status, body } = await pushRequest(stage, url);
  expect({ status, body }).toMatchObject({ status: 201, body: { request_uri: expect.any(String) } });
  const pushed = new URLSearchParams({
    client_id: stage.client.id,
    request_uri: body['request_uri'] as string,
  });
  await visit.page.goto(`${stage.publicOrigin}${stage.running.paths.authorization}?${pushed}`);
  return { login: checkLogin(url, await visit.travel()), url };
}

export function arrivalOf({ arrival, pages }: Journey): Arrival {
  if (arrival === undefined) throw new Error(`the visitor did not reach the client: ${pages.join(' → ')}`);
  return arrival;
}

export function stateOf(authorizationUrl: string): string {
  return new URL(authorizationUrl).searchParams.get('state') as string;
}

/** Redeems a code; sends a `code_verifier` only if one is given. */
export function redeemCode(stage: Stage, code: string, verifier?: string): Promise<TokenAnswer> {
  return stage.post(stage.running.paths.token, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: stage.client.redirectUri,
    ...(verifier !== undefined && { code_verifier: verifier }),
  });
}

export async function expectTokens(stage: Stage, { code }: Login, verifier?: string): Promise<TokenAnswer> {
  const answer = await redeemCode(stage, code, verifier);
  expect(answer).toMatchObject({ status: 200, body: { access_token: expect.any(String) } });
  return answer;
}

export function expectRefused(answer: TokenAnswer): void {
  expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
}

/** The number of token requests that the product got. */
export function tokenRequests(stage: Stage): number {
  const { token } = stage.running.paths;
  return stage.back.exchanges.filter(({ target }) => target === token).length;
}

const COUNTED = ['rejections_total', 'report_only_violations_total'] as const;

/** Runs a step, and returns the changes of the gateway's counts. */
export async function countDuring(
  stage: Stage,
  route: Scenario['route'],
  act: () => Promise<void>,
): Promise<{ violations: number; requests: number; bound: number; verified: number }> {
  const before = await stage.metrics(route);
  await act();
  const after = await stage.metrics(route);
  const moved = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    after.value(name, labels) - before.value(name, labels);
  return {
    violations: COUNTED.reduce((sum, name) => sum + moved(name), 0),
    requests: moved('authorization_requests_total'),
    bound: moved('codes_bound_total'),
    verified: moved('redemptions_total', { result: 'verified' }),
  };
}
