import { randomBytes } from 'node:crypto';
import { type JsonObject, parseJsonObject } from '../oauth/json-object.ts';
import { parseJwtClaims } from '../oauth/jwt.ts';
import { s256 } from '../oauth/pkce.ts';
import { toUpstreamFault } from '../upstream/upstream-fault.ts';
import { ask, type ExaminedUpstream, endpointPath } from './examined-upstream.ts';
import { about, type Finding, printable } from './finding.ts';
import { authorizationQuery, type KnownClient } from './follow-authorization.ts';
import { refusesClient, summarize } from './probe-token-endpoint.ts';
import type { VisitingBrowser } from './visiting-browser.ts';

export type LoginTrial = {
  readonly client: KnownClient;
  readonly secret: string | undefined;
  readonly browser: VisitingBrowser;
  /** Where the browser starts, scheme://host[:port]: at the server itself, or at the gateway in front of it. */
  readonly via: string;
};

/** As long as a state with a flow prefix. */
const STATE_LENGTH = 75;

/** Logs in, and tests what needs a code. Throws an `UpstreamFault`. */
export async function tryLogin(upstream: ExaminedUpstream, trial: LoginTrial): Promise<Finding[]> {
  const authorization = endpointPath(upstream, 'authorization');
  const token = endpointPath(upstream, 'token');
  if (authorization === undefined || token === undefined)
    return [about('login').unknown('the endpoints are not known', 'see `discovery`')];
  const { origin, origins } = upstream.config.upstream;
  const isAtServer = [origin, ...origins].includes(trial.via);
  const login: Login = { ...trial, upstream, authorization, token, isAtServer };
  const first = await begin(login);
  const findings = [judgeArrival(first, isAtServer)];
  if (first.code === undefined) return findings;
  const right = await redeem(login, first.code, first.verifier);
  if (right.status >= 300) {
    const advice =
      trial.secret === undefined
        ? 'check whether this client needs --secret-file'
        : refusesClient(right.seen)
          ? 'check --client and --secret-file: it refuses them by Basic and in the body'
          : 'see the log of the server';
    return [...findings, about('login: the code').problem(`refused: ${right.seen}`, advice)];
  }
  findings.push(about('login: the code').ok('redeemed, with the right verifier'), ...judgeHashes(right.body));
  if (!isAtServer) {
    const advice = `run doctor --upstream ${origin} --login from a place where a browser can reach the server itself`;
    return [
      ...findings,
      about('login: PKCE at the server').unknown('cannot be told through the gateway', advice),
    ];
  }
  findings.push(judgeReplay(await redeem(login, first.code, first.verifier)));
  const wrong = await attempt(login, randomBytes(32).toString('base64url'));
  const missing = wrong === undefined ? undefined : await attempt(login, undefined);
  return [...findings, judgeVerification(wrong, missing)];
}

type Login = LoginTrial & {
  readonly upstream: ExaminedUpstream;
  /** The paths of the endpoints. */
  readonly authorization: string;
  readonly token: string;
  readonly isAtServer: boolean;
};
type Begun = Awaited<ReturnType<typeof begin>>;
type Redeemed = Awaited<ReturnType<typeof redeem>>;

/** `parameters`: `undefined` if the browser did not come back. */
async function begin({ client, browser, via, authorization }: Login) {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(STATE_LENGTH).toString('hex').slice(0, STATE_LENGTH);
  const challenge = { code_challenge: s256(verifier), code_challenge_method: 'S256' };
  const query = authorizationQuery(client, state, challenge);
  const parameters = await browser.visit(`${via}${authorization}?${query}`);
  return { code: parameters?.get('code') ?? undefined, verifier, state, parameters } as const;
}

function judgeArrival({ code, state, parameters }: Begun, isAtServer: boolean): Finding {
  const { ok, problem } = about('login');
  if (parameters === undefined)
    return problem('the browser did not come back, and no address was pasted', 'run doctor again');
  const error = parameters.get('error');
  const said = printable(`${error ?? ''} ${parameters.get('error_description') ?? ''}`.trim());
  if (error !== null) return problem(`it ended with ${said}`, 'see the log of the server and of the gateway');
  if (code === undefined)
    return problem('no code came back', 'check whether the address contains it after a `#`');
  const returned = parameters.get('state');
  if (returned === state) {
    return ok(`returned with its code and state${isAtServer ? '' : ', through the gateway'}`);
  }
  if (returned?.endsWith(state)) {
    const advice =
      'the server sent the browser away from the gateway: add the origin that it uses to `upstream.origins`, or set `preserve_host: true`';
    return problem(
      "the state came back with the gateway's prefix: the response bypassed the gateway",
      advice,
    );
  }
  if (returned && state.startsWith(returned)) {
    const advice = `set \`state_limit: ${returned.length}\` for the issuer`;
    return problem(`the server cut the state of ${state.length} characters to ${returned.length}`, advice);
  }
  return problem(
    'the state did not come back',
    'the gateway finds flows by their state: PKCE cannot be enforced for this server',
  );
}

/** A confidential client authenticates by Basic, the default of most servers, or else in the body. */
async function redeem(login: Login, code: string, verifier: string | undefined) {
  const { client, secret } = login;
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: client.redirectUri,
    ...(verifier !== undefined && { code_verifier: verifier }),
  });
  if (secret !== undefined) {
    const answer = await sendRedemption(login, form, basicCredentials(client.id, secret));
    // A server that refuses the client has not looked at the code.
    if (!refusesClient(answer.seen)) return answer;
    form.set('client_secret', secret);
  }
  form.set('client_id', client.id);
  return sendRedemption(login, form);
}

async function sendRedemption(
  { via, upstream, token, isAtServer }: Login,
  form: URLSearchParams,
  authorization = '',
) {
  const answer = isAtServer
    ? await ask(upstream, token, { form, authorization })
    : await askGateway(`${via}${token}`, form, authorization);
  return { status: answer.status, seen: summarize(answer), body: parseJsonObject(answer.text ?? '') ?? {} };
}

/** RFC 6749 2.3.1: both are form-encoded first. */
function basicCredentials(id: string, secret: string): string {
  const encode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1);
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`;
}

/** One more login, redeemed with this verifier; `undefined`: there was no code. */
async function attempt(login: Login, verifier: string | undefined): Promise<Redeemed | undefined> {
  const { code } = await begin(login);
  return code === undefined ? undefined : redeem(login, code, verifier);
}

async function askGateway(
  url: string,
  form: URLSearchParams,
  authorization: string,
): Promise<{ status: number; text: string }> {
  const headers = authorization === '' ? {} : { authorization };
  const response = await fetch(url, { method: 'POST', body: form, headers, redirect: 'manual' }).catch(
    ({ cause }) => {
      throw toUpstreamFault(cause);
    },
  );
  return { status: response.status, text: await response.text() };
}

/** If replicas share no store, only the server knows about a redemption at another one. */
function judgeReplay(second: Redeemed): Finding {
  const { ok, warn } = about('login: the same code again');
  if (second.status >= 300) return ok(`refused by the server: ${second.seen}`);
  return warn(
    'the server gives tokens for it a second time (RFC 6749 4.1.2 forbids that)',
    'the gateway refuses it; with `store.kind: sealed`, only at the replica that saw the first redemption: keep `replay: memory`, or use `store.kind: redis`',
  );
}

function judgeVerification(wrong: Redeemed | undefined, missing: Redeemed | undefined): Finding {
  const { ok, unknown } = about('login: PKCE at the server');
  if (wrong === undefined || missing === undefined)
    return unknown('another login returned no code', 'try again in a new browser window');
  const accepts = (answer: Redeemed) => answer.status < 300;
  if (accepts(wrong)) {
    const also = accepts(missing) ? 'a wrong verifier and a missing one' : 'a wrong verifier';
    return ok(`it accepts ${also}: it does not verify PKCE, so the gateway is needed`);
  }
  if (accepts(missing)) {
    return ok(
      `it refuses a wrong verifier (${wrong.seen}) but accepts a missing one: the gateway has to require it`,
    );
  }
  return ok(
    `it verifies PKCE itself: ${wrong.seen} for a wrong verifier, ${missing.seen} for a missing one. Keep \`forward_pkce: always\``,
  );
}

/** Which hashes an id_token of the token response contains. */
function judgeHashes(body: JsonObject): Finding[] {
  const { ok, unknown, warn } = about('login: id_token');
  const token = body['id_token'];
  if (typeof token !== 'string')
    return [
      unknown('the response has none', 'use a client that may request the scope openid, if your clients do'),
    ];
  const claims = parseJwtClaims(token);
  if (typeof claims === 'string') return [unknown(`it is ${claims}`, 'look at what your clients check')];
  const findings: Finding[] = [];
  if ('c_hash' in claims) {
    const advice =
      'keep `wrap_codes: auto`, which does not wrap the codes of such clients, or set `wrap_codes: false`';
    findings.push(
      warn('it has a c_hash: with `wrap_codes: true`, clients that check it break in enforce', advice),
    );
  }
  if ('s_hash' in claims) {
    const advice = 'set `state: preserve` and `redirect_uris` for clients that check it';
    findings.push(warn('it has an s_hash, which covers the state that the server saw', advice));
  }
  return findings.length > 0
    ? findings
    : [ok('no c_hash and no s_hash: codes can be wrapped, states prefixed')];
}
