import { randomBytes } from 'node:crypto';
import { describeFault } from '../upstream/describe-fault.ts';
import type { FetchedDocument } from '../upstream/fetch-document.ts';
import { UpstreamFault } from '../upstream/upstream-fault.ts';
import { ask, type ExaminedUpstream, endpointPath, forwardsPkce } from './examined-upstream.ts';
import { type Finding, ok, printable, problem, unknown, warn } from './finding.ts';

/** A redemption that must fail: a code that nobody issued, for a client that nobody has. */
export function madeUpRedemption(): URLSearchParams {
  return new URLSearchParams({
    grant_type: 'authorization_code',
    code: `pkce-gateway-doctor-${randomBytes(12).toString('base64url')}`,
    client_id: 'pkce-gateway-doctor',
    redirect_uri: 'https://pkce-gateway-doctor.invalid/cb',
  });
}

/** How a token endpoint answered, in a few words: `400 invalid_grant`. */
export function summarize({ status, text }: Pick<FetchedDocument, 'status' | 'text'>): string {
  let error: unknown;
  try {
    error = JSON.parse(text ?? '')?.error;
  } catch {
    // Not JSON: the status has to do.
  }
  return typeof error === 'string' ? `${status} ${printable(error)}` : String(status);
}

/** What the upstream says to a made-up code, and whether a verifier beside it changes that. */
export async function probeTokenEndpoint(upstream: ExaminedUpstream): Promise<Finding[]> {
  const tried = 'token endpoint: a made-up code';
  const path = endpointPath(upstream, 'token');
  if (path === undefined)
    return [unknown(tried, 'its path is not known', 'see discovery, or examine one realm by --upstream')];
  try {
    const form = madeUpRedemption();
    const plain = await ask(upstream, path, { form });
    const finding = judgeRefusal(tried, path, plain);
    if (finding.mark !== 'ok') return [finding];
    form.set('code_verifier', randomBytes(32).toString('base64url'));
    const verified = await ask(upstream, path, { form });
    return [finding, judgeVerifier(upstream, summarize(plain), summarize(verified))];
  } catch (error) {
    if (!(error instanceof UpstreamFault)) throw error;
    return [problem(tried, describeFault(error), `does ${path} answer token requests?`)];
  }
}

function judgeRefusal(tried: string, path: string, answer: FetchedDocument): Finding {
  const seen = `${summarize(answer)} at ${path}`;
  if (answer.status < 300)
    return problem(
      tried,
      `${seen}: it took the code`,
      'that server gives tokens to anybody: take it off the network',
    );
  if (answer.status === 400 || answer.status === 401) return ok(tried, seen);
  if (answer.status >= 500)
    return warn(tried, seen, 'look into the log of the server: it should answer 400 invalid_grant');
  return warn(tried, seen, `is ${path} the token endpoint? It should answer 400 invalid_grant`);
}

function judgeVerifier(upstream: ExaminedUpstream, plain: string, verified: string): Finding {
  const tried = 'token endpoint: code_verifier';
  if (plain === verified && plain.includes('invalid_client')) {
    const seen = 'the client was refused first, so this cannot be told from outside';
    return unknown(tried, seen, '`doctor --login` tries it');
  }
  if (plain === verified) return ok(tried, 'the same answer with and without it');
  if (verified.startsWith('429')) return unknown(tried, 'too many requests', 'ask again later');
  const seen = `refused: ${verified} with, ${plain} without`;
  if (forwardsPkce(upstream))
    return problem(tried, seen, 'set `forward_pkce: never`: the gateway verifies instead');
  return ok(tried, `${seen}; it is not sent there`);
}
