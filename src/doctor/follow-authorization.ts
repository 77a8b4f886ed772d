import { randomBytes } from 'node:crypto';
import { goesTo } from '../oauth/redirect-uri.ts';
import { ask, type ExaminedUpstream, leadsToGateway } from './examined-upstream.ts';
import { printable } from './finding.ts';

/** A client that the upstream knows. */
export type KnownClient = { readonly id: string; readonly redirectUri: string };

/** The result of an authorization request without a user. */
export type Reached = {
  readonly outcome: 'goes on' | 'refused';
  /** In words, such as `a page (200)`. */
  readonly seen: string;
  /** Where the browser was sent on another origin. */
  readonly leftFor?: URL;
  /** The page that a user would see. */
  readonly page?: { readonly url: URL; readonly text: string };
};

/** How many redirects on the upstream's own origin are followed. */
const HOPS = 5;

/** Sends an authorization request as a browser would; no user completes it. Throws an `UpstreamFault`. */
export async function followAuthorization(
  upstream: ExaminedUpstream,
  path: string,
  client: KnownClient,
  challenge: Readonly<Record<string, string>>,
): Promise<Reached> {
  const { config } = upstream;
  let target = `${path}?${authorizationQuery(client, randomBytes(12).toString('base64url'), challenge)}`;
  // Many servers show an error instead of the login page to a browser without cookies.
  const cookies = new Map<string, string>();
  for (let hop = 0; hop < HOPS; hop++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const { status, headers, text } = await ask(upstream, target, { cookie });
    for (const one of headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=;]+)=([^;]*)/.exec(one) ?? [];
      if (name !== '') cookies.set(name, value);
    }
    const url = new URL(target, config.upstream.origin);
    const location = headers.location === undefined ? null : URL.parse(headers.location, url.href);
    if (location === null) {
      const outcome = status >= 400 ? 'refused' : 'goes on';
      return { outcome, seen: `a page (${status})`, page: { url, text: text ?? '' } };
    }
    if (goesTo(location, client.redirectUri)) return answered(location);
    if (!staysAtGateway(upstream, location, headers.location ?? '')) {
      return { outcome: 'goes on', seen: 'a redirect', leftFor: location };
    }
    target = location.pathname + location.search;
  }
  return { outcome: 'goes on', seen: `more than ${HOPS} redirects` };
}

export function authorizationQuery(
  { id, redirectUri }: KnownClient,
  state: string,
  challenge: Readonly<Record<string, string>>,
): URLSearchParams {
  return new URLSearchParams({
    response_type: 'code',
    client_id: id,
    redirect_uri: redirectUri,
    scope: 'openid',
    state,
    // Glewlwyd refuses requests of OpenID Connect without one.
    nonce: randomBytes(12).toString('base64url'),
    ...challenge,
  });
}

/** Whether a browser that uses the gateway would stay there after this redirect. */
function staysAtGateway({ config }: ExaminedUpstream, location: URL, written: string): boolean {
  if (!/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(written)) return true;
  return leadsToGateway(config, location);
}

/** A response to the client. Only its error is shown. */
function answered(location: URL): Reached {
  const parameters = new URLSearchParams(location.search || location.hash.slice(1));
  const error = parameters.get('error');
  const isLogin = error === null || /^(login|consent|interaction|account_selection)_required$/.test(error);
  return {
    outcome: isLogin ? 'goes on' : 'refused',
    seen: error === null ? 'a response to the client' : printable(error),
  };
}
