import { randomBytes } from 'node:crypto';
import { discoveryHost } from '../issuer/issuer.ts';
import { s256 } from '../oauth/pkce.ts';
import { goesTo } from '../oauth/redirect-uri.ts';
import { describeFault } from '../upstream/describe-fault.ts';
import { UpstreamFault } from '../upstream/upstream-fault.ts';
import { ask, type ExaminedUpstream, endpointPath, forwardsPkce } from './examined-upstream.ts';
import { type Finding, ok, printable, problem, skipped, warn } from './finding.ts';

/** A client that the upstream knows. */
export type KnownClient = { readonly id: string; readonly redirectUri: string };

/** How far an authorization request got without a user. */
type Reached = {
  readonly outcome: 'goes on' | 'refused';
  /** In words, such as `a page (200)`. */
  readonly seen: string;
  /** Another origin that the browser was sent to. */
  readonly leftFor: string | undefined;
};

/** Redirects that are followed on the upstream's own origin. */
const HOPS = 5;

/** What the upstream does with a challenge, and from where it answers. Three requests that no user finishes. */
export async function probeAuthorizationEndpoint(
  upstream: ExaminedUpstream,
  client: KnownClient | undefined,
): Promise<Finding[]> {
  const tried = 'authorization endpoint';
  const path = endpointPath(upstream, 'authorization');
  if (client === undefined)
    return [skipped(tried, 'not asked', 'give a client that it knows: --client ID --redirect-uri URI')];
  if (path === undefined)
    return [skipped(tried, 'its path is not known', 'see discovery, or examine one realm by --upstream')];
  const reach = (challenge: Readonly<Record<string, string>>) => follow(upstream, path, client, challenge);
  const s256Challenge = s256(randomBytes(32).toString('base64url'));
  try {
    const plain = await reach({});
    const challenged = await reach({ code_challenge: s256Challenge, code_challenge_method: 'S256' });
    if (plain.outcome === 'refused' && challenged.outcome === 'refused') {
      const advice = 'are --client and --redirect-uri ones that it knows?';
      return [warn(`${tried}: ${printable(client.id)}`, `refuses it: ${plain.seen}`, advice)];
    }
    const malformed = await reach({ code_challenge: 'x', code_challenge_method: 'S256' });
    const reached = plain.outcome === 'goes on' ? plain : challenged;
    return [...judgePkce(upstream, plain, challenged, malformed), judgeOrigin(reached)];
  } catch (error) {
    if (!(error instanceof UpstreamFault)) throw error;
    return [problem(tried, describeFault(error), `does ${path} answer authorization requests?`)];
  }
}

function judgePkce(
  upstream: ExaminedUpstream,
  plain: Reached,
  challenged: Reached,
  malformed: Reached,
): Finding[] {
  const tried = 'authorization endpoint: code_challenge';
  if (challenged.outcome === 'refused') {
    const seen = `chokes on it: ${challenged.seen} with, ${plain.seen} without`;
    if (!forwardsPkce(upstream)) return [ok(tried, `${seen}; it is not sent there`)];
    return [problem(tried, seen, 'set `forward_pkce: never`: the gateway verifies in its place')];
  }
  if (plain.outcome === 'refused') return [ok(tried, `it insists on PKCE by itself: ${plain.seen} without`)];
  if (malformed.outcome === 'refused')
    return [ok(tried, `it knows PKCE, but does not insist: ${malformed.seen} for a malformed one`)];
  return [ok(tried, 'takes any, even a malformed one: it verifies nothing, so that the gateway has to')];
}

function judgeOrigin({ seen, leftFor }: Reached): Finding {
  const tried = 'where the answer comes from';
  if (leftFor === undefined) return ok(tried, `this origin, as far as it goes without a user: ${seen}`);
  const advice =
    'if the code is issued there, the gateway does not see it: `report` will show codes that are not bound';
  return warn(tried, `the browser is sent to ${leftFor}`, advice);
}

async function follow(
  upstream: ExaminedUpstream,
  path: string,
  client: KnownClient,
  challenge: Readonly<Record<string, string>>,
): Promise<Reached> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.id,
    redirect_uri: client.redirectUri,
    scope: 'openid',
    state: randomBytes(12).toString('base64url'),
    ...challenge,
  });
  const own = new Set([upstream.config.upstream.origin, upstream.config.publicOrigin]);
  let target = `${path}?${query}`;
  // Without them, many login pages are an error.
  const cookies = new Map<string, string>();
  for (let hop = 0; hop < HOPS; hop++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const { status, headers } = await ask(upstream, target, { cookie });
    for (const text of headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(text) ?? [];
      if (name !== '') cookies.set(name, value);
    }
    const base = new URL(target, upstream.config.upstream.origin);
    const location = headers.location === undefined ? null : URL.parse(headers.location, base.href);
    if (location === null) {
      return {
        outcome: status >= 400 ? 'refused' : 'goes on',
        seen: `a page (${status})`,
        leftFor: undefined,
      };
    }
    if (goesTo(location, client.redirectUri)) return answered(location);
    // It may speak of itself under the host that it was asked for.
    const isOwn = own.has(location.origin) || location.host === discoveryHost(upstream.config);
    if (!isOwn) return { outcome: 'goes on', seen: 'a redirect', leftFor: printable(location.origin) };
    target = location.pathname + location.search;
  }
  return { outcome: 'goes on', seen: `more than ${HOPS} redirects`, leftFor: undefined };
}

/** An answer to the client: of its parameters only the error is told. */
function answered(location: URL): Reached {
  const parameters = new URLSearchParams(location.search || location.hash.slice(1));
  const error = parameters.get('error');
  const isLogin = error === null || /^(login|consent|interaction|account_selection)_required$/.test(error);
  return {
    outcome: isLogin ? 'goes on' : 'refused',
    seen: error === null ? 'an answer to the client' : printable(error),
    leftFor: undefined,
  };
}
