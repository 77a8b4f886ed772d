import { randomBytes } from 'node:crypto';
import { parseJsonObject } from '../oauth/json-object.ts';
import type { FetchedDocument } from '../upstream/fetch-document.ts';
import { ask, type ExaminedUpstream, endpointPath, forwardsPkce } from './examined-upstream.ts';
import { about, type Finding, printable, TRY_LOGIN } from './finding.ts';
import type { KnownClient } from './follow-authorization.ts';

const NOBODY: KnownClient = {
  id: 'pkce-gateway-doctor',
  redirectUri: 'https://pkce-gateway-doctor.invalid/cb',
};

type TokenAnswer = Pick<FetchedDocument, 'status' | 'text'>;

const REFUSALS =
  /^(invalid_request|invalid_client|invalid_grant|unauthorized_client|unsupported_grant_type|invalid_scope)$/;

/** A redemption that must fail, because the code does not exist. */
export function madeUpRedemption(client = NOBODY): URLSearchParams {
  return new URLSearchParams({
    grant_type: 'authorization_code',
    code: `pkce-gateway-doctor-${randomBytes(12).toString('base64url')}`,
    client_id: client.id,
    redirect_uri: client.redirectUri,
  });
}

/** A summary of the answer of a token endpoint: `400 invalid_grant`. */
export function summarize(answer: TokenAnswer): string {
  const error = errorOf(answer);
  return error === undefined ? String(answer.status) : `${answer.status} ${printable(error)}`;
}

/** Whether an answer is a token endpoint's refusal (RFC 6749 5.2), also with another status: Glewlwyd's is 403. */
export function isTokenRefusal(answer: TokenAnswer): boolean {
  const { status } = answer;
  return status === 400 || status === 401 || (status < 500 && REFUSALS.test(errorOf(answer) ?? ''));
}

function errorOf({ text }: TokenAnswer): string | undefined {
  const error = parseJsonObject(text ?? '')?.['error'];
  return typeof error === 'string' ? error : undefined;
}

/** How the upstream answers a made-up code, and whether a code_verifier changes the answer. Throws an `UpstreamFault`. */
export async function probeTokenEndpoint(
  upstream: ExaminedUpstream,
  client: KnownClient | undefined,
): Promise<Finding[]> {
  const { ok, problem, unknown, warn } = about('token endpoint: a made-up code');
  const path = endpointPath(upstream, 'token');
  if (path === undefined)
    return [unknown('its path is not known', 'see `discovery`, or examine one realm with --upstream')];
  const form = madeUpRedemption(client);
  const answer = await ask(upstream, path, { form });
  const [plain, { status }] = [summarize(answer), answer];
  const seen = `${plain} at ${path}`;
  if (status < 300) {
    const advice = 'this server gives tokens to anybody: disconnect it from the network';
    return [problem(`${seen}: it accepted the code`, advice)];
  }
  if (status >= 500) return [warn(seen, 'see the log of the server: it should answer 400 invalid_grant')];
  if (!isTokenRefusal(answer))
    return [warn(seen, `check that ${path} is the token endpoint: it should answer 400 invalid_grant`)];
  form.set('code_verifier', randomBytes(32).toString('base64url'));
  const verified = summarize(await ask(upstream, path, { form }));
  return [ok(seen), judgeVerifier(upstream, plain, verified)];
}

/**
 * Whether a summarized answer refuses the client, whatever its code: Cloud Foundry UAA by `401 unauthorized`. Django OAuth
 * Toolkit 1.0.0 refuses a code by `401 invalid_grant`.
 */
export function refusesClient(summary: string): boolean {
  return /_client$|^401(?! invalid_)/.test(summary);
}

function judgeVerifier(upstream: ExaminedUpstream, plain: string, verified: string): Finding {
  const { ok, problem, unknown } = about('token endpoint: code_verifier');
  if (plain === verified && refusesClient(plain)) {
    const seen = 'the server refused the client first, so this cannot be told from outside';
    return unknown(seen, TRY_LOGIN);
  }
  if (plain === verified) return ok('the answer is the same with and without it');
  if (verified.startsWith('429')) return unknown('too many requests', 'run doctor again later');
  const seen = `refused: ${verified} with, ${plain} without`;
  if (forwardsPkce(upstream.config))
    return problem(seen, 'set `forward_pkce: never`: the gateway verifies instead');
  return ok(`${seen}; it is not sent there`);
}
