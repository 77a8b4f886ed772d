import { randomBytes } from 'node:crypto';
import { formActions } from '../oauth/form-actions.ts';
import { s256 } from '../oauth/pkce.ts';
import { ask, type ExaminedUpstream, endpointPath, forwardsPkce } from './examined-upstream.ts';
import { about, type Finding, printable, TRY_LOGIN } from './finding.ts';
import { followAuthorization, type KnownClient, type Reached } from './follow-authorization.ts';

/** How the upstream handles a challenge, and where it sends the browser. Three requests that no user completes. Throws an `UpstreamFault`. */
export async function probeAuthorizationEndpoint(
  upstream: ExaminedUpstream,
  client: KnownClient | undefined,
): Promise<Finding[]> {
  const { unknown } = about('authorization endpoint');
  const path = endpointPath(upstream, 'authorization');
  if (client === undefined)
    return [unknown('not tried', 'name a client that is registered there: --client ID --redirect-uri URI')];
  if (path === undefined)
    return [unknown('its path is not known', 'see discovery, or examine one realm by --upstream')];
  const reach = (challenge: Readonly<Record<string, string>>) =>
    followAuthorization(upstream, path, client, challenge);
  const s256Challenge = s256(randomBytes(32).toString('base64url'));
  const plain = await reach({});
  const challenged = await reach({ code_challenge: s256Challenge, code_challenge_method: 'S256' });
  if (plain.outcome === 'refused' && challenged.outcome === 'refused') {
    const advice = 'check that --client and --redirect-uri are registered there';
    const { warn } = about(`authorization endpoint: ${printable(client.id)}`);
    return [warn(`refuses it: ${plain.seen}`, advice)];
  }
  const malformed = await reach({ code_challenge: 'x', code_challenge_method: 'S256' });
  const reached = plain.outcome === 'goes on' ? plain : challenged;
  return [
    judgePkce(upstream, plain, challenged, malformed),
    await judgeOrigin(upstream, reached),
    ...judgePage(reached, path),
  ];
}

function judgePkce(
  upstream: ExaminedUpstream,
  plain: Reached,
  challenged: Reached,
  malformed: Reached,
): Finding {
  const { ok, problem, unknown } = about('authorization endpoint: code_challenge');
  if (challenged.outcome === 'refused') {
    const seen = `refused: ${challenged.seen} with, ${plain.seen} without`;
    if (!forwardsPkce(upstream.config)) return ok(`${seen}; it is not sent there`);
    return problem(seen, 'set `forward_pkce: never`: the gateway verifies instead');
  }
  const rest = 'whether it verifies the code_verifier cannot be told from outside';
  if (plain.outcome === 'refused')
    return unknown(`required for this client: ${plain.seen} without it; ${rest}`, TRY_LOGIN);
  if (malformed.outcome === 'refused')
    return unknown(`checked: ${malformed.seen} for a malformed one; ${rest}`, TRY_LOGIN);
  return unknown(`accepted, even a malformed one; ${rest}`, TRY_LOGIN);
}

async function judgeOrigin(upstream: ExaminedUpstream, { seen, leftFor }: Reached): Promise<Finding> {
  const { ok, problem, unknown } = about('where the browser is sent');
  if (leftFor === undefined)
    return ok(`it stays at the gateway, as far as can be seen without a user: ${seen}`);
  const { origin } = leftFor;
  const shown = printable(origin);
  if (await isSameServer(upstream, leftFor)) {
    const advice = `add ${shown} to \`upstream.origins\`, so that the gateway replaces it with the public URL${upstream.config.upstream.preserveHost ? '; or set `public_url` to it, if clients use that name' : ''}`;
    return problem(`to ${shown}, the server's own address: the browser leaves the gateway`, advice);
  }
  return unknown(
    `to ${shown}: a different login server, or this one under another name; this cannot be told from outside`,
    `${TRY_LOGIN}; if it is this server, add ${shown} to \`upstream.origins\``,
  );
}

/** Whether the upstream's metadata names that origin, or the upstream has the same page. */
async function isSameServer(upstream: ExaminedUpstream, { origin, pathname, search }: URL): Promise<boolean> {
  if (upstream.namedOrigins.includes(origin)) return true;
  const { status } = await ask(upstream, pathname + search);
  return status < 400;
}

/** A form that posts to the address bar sends the client's own parameters together with those of the server. */
function judgePage({ page }: Reached, authorizationPath: string): Finding[] {
  if (page === undefined) return [];
  const { ok, unknown } = about('login page');
  const posts = formActions(page.text).map((action) => URL.parse(action, page.url.href)?.pathname);
  const consent = 'The consent page cannot be seen from outside.';
  if (posts.length === 0) {
    const advice = '`doctor --login --via` the public URL of the gateway tries both pages';
    return [unknown(`no form in its HTML. ${consent}`, advice)];
  }
  const inPlace = posts.includes(authorizationPath);
  return [
    ok(
      `its form posts to ${inPlace ? 'the authorization endpoint, which the gateway treats as the same flow' : 'a page of the server'}. ${consent}`,
    ),
  ];
}
