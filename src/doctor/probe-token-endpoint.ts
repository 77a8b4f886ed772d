import { randomBytes } from 'node:crypto';
import { parseJsonObject } from '../oauth/json-object.ts';
import type { FetchedDocument } from '../upstream/fetch-document.ts';
import { ask, type ExaminedUpstream, endpointPath, forwardsPkce } from './examined-upstream.ts';
import { type Finding, ok, printable, problem, TRY_LOGIN, unknown, warn } from './finding.ts';
import type { KnownClient } from './follow-authorization.ts';

const NOBODY: KnownClient = {
  id: 'pkce-gateway-doctor',
  redirectUri: 'https://pkce-gateway-doctor.invalid/cb',
};

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
export function summarize({ status, text }: Pick<FetchedDocument, 'status' | 'text'>): string {
  const error = parseJsonObject(text ?? '')?.['error'];
  return typeof error === 'string' ? `${status} ${printable(error)}` : String(status);
}

/** How the upstream answers a made-up code, and whether a code_verifier changes the answer. Throws an `UpstreamFault`. */
export async function probeTokenEndpoint(
  upstream: ExaminedUpstream,
  client: KnownClient | undefined,
): Promise<Finding[]> {
  const tried = 'token endpoint: a made-up code';
  const path = endpointPath(upstream, 'token');
  if (path === undefined)
    return [unknown(tried, 'its path is not known', 'see `discovery`, or examine one realm with --upstream')];
  const form = madeUpRedemption(client);
  const plain = await ask(upstream, path, { form });
  const finding = judgeRefusal(tried, path, plain);
  if (finding.mark !== 'ok') return [finding];
  form.set('code_verifier', randomBytes(32).toString('base64url'));
  const verified = await ask(upstream, path, { form });
  return [finding, judgeVerifier(upstream, summarize(plain), summarize(verified))];
}

function judgeRefusal(tried: string, path: string, answer: FetchedDocument): Finding {
  const seen = `${summarize(answer)} at ${path}`;
  if (answer.status < 300)
    return problem(
      tried,
      `${seen}: it accepted the code`,
      'this server gives tokens to anybody: disconnect it from the network',
    );
  if (answer.status === 400 || answer.status === 401) return ok(tried, seen);
  if (answer.status >= 500)
    return warn(tried, seen, 'see the log of the server: it should answer 400 invalid_grant');
  return warn(tried, seen, `check that ${path} is the token endpoint: it should answer 400 invalid_grant`);
}

function judgeVerifier(upstream: ExaminedUpstream, plain: string, verified: string): Finding {
  const tried = 'token endpoint: code_verifier';
  if (plain === verified && plain.includes('invalid_client')) {
    const seen = 'the server refused the client first, so this cannot be told from outside';
    return unknown(tried, seen, TRY_LOGIN);
  }
  if (plain === verified) return ok(tried, 'the answer is the same with and without it');
  if (verified.startsWith('429')) return unknown(tried, 'too many requests', 'run doctor again later');
  const seen = `refused: ${verified} with, ${plain} without`;
  if (forwardsPkce(upstream))
    return problem(tried, seen, 'set `forward_pkce: never`: the gateway verifies instead');
  return ok(tried, `${seen}; it is not sent there`);
}
