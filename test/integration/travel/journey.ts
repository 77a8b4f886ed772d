import type { Journey } from '../../../scripts/travel-matrix.ts';
import { parseForms } from '../../support/html-forms.ts';
import type { Answer } from '../../support/simple-client.ts';
import { readClaims, signJwt } from '../../support/upstreams/scripted/jwts.ts';
import { type Fields, REDIRECT_URI, Stage, type StageOptions } from '../stage.ts';

/** The client's policy for all ways. */
export const TRAVELLER =
  'request_objects: allow, response_types: [code, code id_token, code token, code id_token token]';

export function openTravelStage(options: StageOptions = {}): Promise<Stage> {
  return Stage.open({ policy: TRAVELLER, ...options });
}

/** Requests an authorization in one of the ways. Returns the first unexpected response, or the authorization response. */
export async function ask(stage: Stage, journey: Journey, fields: Fields = {}): Promise<Answer> {
  const { responseType, responseMode, way } = journey;
  const all: Fields = {
    response_type: responseType,
    response_mode: responseMode === 'default' ? undefined : responseMode,
    nonce: 'the-nonce-of-this-login',
    scope: 'openid',
    ...fields,
  };
  switch (way) {
    case 'GET':
      return stage.authorize(all);
    case 'POST':
      return stage.postForm('/oauth2/authorize', formOf(stage, all));
    case 'PAR': {
      const pushed = await push(stage, all);
      return pushed.status === 201 ? byReference(stage, pushed) : pushed;
    }
    case 'request object':
      return byValue(stage, Object.fromEntries(formOf(stage, all)));
  }
}

export function formOf(stage: Stage, fields: Fields = {}): URLSearchParams {
  return stage.client.authorizeUrl({ state: stage.state, ...fields }).searchParams;
}

export function push(stage: Stage, fields: Fields = {}): Promise<Answer> {
  return stage.postForm('/oauth2/par', formOf(stage, fields));
}

/** A minimal authorization request with the request_uri of a pushed one. */
export function byReference(
  stage: Stage,
  pushed: Answer,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const request_uri = String(pushed.json['request_uri']);
  return authorizeWith(stage, { client_id: stage.client.clientId, request_uri, ...more });
}

/** An authorization request with everything in its object. */
export function byValue(
  stage: Stage,
  claims: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return authorizeWith(stage, { client_id: stage.client.clientId, request: signJwt(claims), ...more });
}

export function authorizeWith(stage: Stage, parameters: Readonly<Record<string, string>>): Promise<Answer> {
  return stage.send(`/oauth2/authorize?${new URLSearchParams(parameters)}`);
}

export type Arrival = {
  readonly carrier: 'query' | 'fragment' | 'form_post' | 'web_message';
  readonly redirectUri: string;
  /** The parameters that the client reads, including those inside a JWT (JARM). */
  readonly values: Readonly<Record<string, string>>;
  /** The received names, without those inside a JWT. */
  readonly names: readonly string[];
};

/** The response that reaches the client: its target and its parameters. */
export function arrivalOf(answer: Answer): Arrival {
  const { location } = answer;
  const message = /postMessage\((.*), "https/.exec(answer.text)?.[1];
  if (message !== undefined) {
    const { response } = JSON.parse(message) as { response: Record<string, string> };
    return {
      carrier: 'web_message',
      redirectUri: REDIRECT_URI,
      values: response,
      names: Object.keys(response),
    };
  }
  const [form] = parseForms(answer.text, new URL('https://gateway.invalid'));
  if (location === undefined && form?.method !== 'POST') {
    throw new Error(`no response: ${answer.status} ${answer.text}`);
  }
  const carrier = location === undefined ? 'form_post' : location.hash === '' ? 'query' : 'fragment';
  const target = location ?? (form?.action as URL);
  const parameters =
    carrier === 'form_post'
      ? new URLSearchParams(form?.fields)
      : new URLSearchParams(carrier === 'query' ? target.search : target.hash.slice(1));
  const jwt = parameters.get('response');
  const inside = jwt === null ? {} : (readClaims(jwt) as Record<string, string>);
  const values = { ...Object.fromEntries(parameters), ...inside };
  return { carrier, redirectUri: target.origin + target.pathname, values, names: [...parameters.keys()] };
}

/** Refusals and reported violations, in order. */
export function violationsOf(stage: Stage): readonly string[] {
  return stage.gateway.logLines
    .filter(({ event }) => event === 'refusal' || event === 'report_only_violation')
    .map(({ endpoint, reason }) => `${endpoint} ${reason}`);
}
