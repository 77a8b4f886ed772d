import { s256 } from '../../src/oauth/pkce.ts';
import { unsignedJwt } from '../support/unsigned-jwt.ts';
import { type Draft, newDraft, type Pair } from './draft.ts';
import type { Random } from './random.ts';

/** The data that the generator may use. */
export type Loot = {
  /** A code of the victim from the front channel. */
  readonly code: string;
  /** The state that the server got with it: a live flow's prefix. */
  readonly upstreamState: string;
  /** The victim's own verifier, which no thief has. */
  readonly verifier: string;
};

/** A plausible request, and the code that it may redeem. */
export type Beginning = { readonly name: string; readonly draft: Draft; readonly honest?: true };

const REDIRECT_URI = 'https%3A%2F%2Fapp.example.com%2Fcb';
const VERIFIER = 'the-verifier-of-whoever-makes-these-requests-up';

const pairs = (fields: Readonly<Record<string, string>>): Pair[] =>
  Object.entries(fields).map(([name, value]) => ({ name, value }));

const redemption = ({ code }: Loot) => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: REDIRECT_URI,
});
const request = { response_type: 'code', client_id: 'spa', redirect_uri: REDIRECT_URI, state: 's' };
const challenge = { code_challenge: s256(VERIFIER), code_challenge_method: 'S256' };

const token = (fields: Readonly<Record<string, string>>) =>
  newDraft({ method: 'POST', path: '/oauth2/token', body: pairs(fields) });
const authorize = (fields: Readonly<Record<string, string>>) =>
  newDraft({ method: 'GET', path: '/oauth2/authorize', query: pairs(fields) });
/** A post of a login page to its own address at the authorization endpoint. */
const inPlace = (query: Readonly<Record<string, string>>, body: Readonly<Record<string, string>>) =>
  newDraft({ method: 'POST', path: '/oauth2/authorize', query: pairs(query), body: pairs(body) });

type Write = (loot: Loot) => Draft;

const THEFTS: Readonly<Record<string, Write>> = {
  'a theft without a verifier': (loot) => token({ ...redemption(loot), client_id: 'spa' }),
  'a theft in the name of another client': (loot) => token({ ...redemption(loot), client_id: 'lax' }),
  'a theft in nobody’s name': (loot) => token(redemption(loot)),
  'a theft with a verifier of the thief’s': (loot) =>
    token({ ...redemption(loot), client_id: 'spa', code_verifier: VERIFIER }),
  'a theft by GET': (loot) =>
    newDraft({
      method: 'GET',
      path: '/oauth2/token',
      query: pairs({ ...redemption(loot), client_id: 'lax' }),
    }),
  'a theft at a page': (loot) =>
    newDraft({ method: 'POST', path: '/login', body: pairs({ ...redemption(loot), client_id: 'lax' }) }),
  'another grant': () => token({ grant_type: 'refresh_token', refresh_token: 'r', client_id: 'spa' }),
};

const REQUESTS: Readonly<Record<string, Write>> = {
  'an authorization': () => authorize({ ...request, ...challenge }),
  'an authorization without a challenge': () => authorize(request),
  'an authorization of another client': () => authorize({ ...request, client_id: 'lax' }),
  'an authorization by POST': () =>
    newDraft({ method: 'POST', path: '/oauth2/authorize', body: pairs({ ...request, ...challenge }) }),
  'an authorization in place': () => inPlace({ ...request, ...challenge }, { ...request, ...challenge }),
  'a live flow again': ({ upstreamState }) =>
    authorize({ ...request, state: encodeURIComponent(upstreamState) }),
  'a live flow again, in place': ({ upstreamState }) =>
    inPlace({ ...request, ...challenge }, { ...request, state: encodeURIComponent(upstreamState) }),
  'a request object': () =>
    authorize({
      client_id: 'spa',
      response_type: 'code',
      request: unsignedJwt({ ...request, client_id: 'spa' }),
    }),
  'a pushed request': () =>
    newDraft({ method: 'POST', path: '/oauth2/par', body: pairs({ ...request, ...challenge }) }),
  'a pushed request without a challenge': () =>
    newDraft({ method: 'POST', path: '/oauth2/par', body: pairs(request) }),
};

const BEGINNINGS = [...Object.entries(THEFTS), ...Object.entries(REQUESTS)];

/** One of a hundred is the victim's own redemption. */
export function pickBeginning(random: Random, loot: Loot): Beginning {
  if (random.below(100) === 0) {
    const draft = token({ ...redemption(loot), client_id: 'spa', code_verifier: loot.verifier });
    return { name: 'an honest redemption', draft, honest: true };
  }
  const [name, write] = random.pick(BEGINNINGS);
  return { name, draft: write(loot) };
}
