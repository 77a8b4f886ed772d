import type { FormPostShape } from './form-post-pages.ts';

/** What the scripted server gets wrong, or does in its own way. A test may change any of it between requests. */
export type Quirks = {
  /**
   * How the user logs in.
   * - `none`: the authorization endpoint answers with a code at once.
   * - `return_to`: it redirects to `/login?return_to=…`; the login sends the browser back with the parameters it was given.
   * - `session`: the same, but the way back is remembered in the session.
   * - `issue_at_login`: the login POST itself answers with the code.
   */
  login: 'none' | 'return_to' | 'session' | 'issue_at_login';
  /** Of every redirect it makes. */
  redirectStatus: 302 | 303 | 307;
  /** Redirects to its own pages: relative, absolute on the Host it was asked for, or absolute on its own origin. */
  ownLocations: 'relative' | 'host' | 'internal';
  /** `as_requested` follows response_mode; the others are used whatever was asked for. */
  responseMode: 'as_requested' | 'query' | 'fragment' | 'form_post' | 'query.jwt' | 'form_post.jwt';
  /** What a response of the JWT modes is: `encrypted` for the client alone, `malformed`: none at all. */
  jarm: 'signed' | 'encrypted' | 'malformed';
  /** How its own form_post page is written. */
  formPostPage: FormPostShape;
  /** Of that page, whatever the Accept-Encoding says. */
  contentEncoding: 'identity' | 'gzip' | 'br';
  /** Whether an id_token holds the hash of the state (`s_hash`, FAPI 1.0 part 2). */
  stateHash: boolean;
  /** Whether responses name their issuer (RFC 9207). */
  iss: boolean;
  /** Makes every authorization request fail with this error. */
  authorizationError: string | undefined;
  /** Errors to the client as a redirect (or a form_post page), or as a 400 that has a Location (or is that page). */
  errorsAs: 'redirect' | '400_with_location';
  /** How the state comes back. `raw`: the bytes of the request, not decoded at all. */
  state: 'percent' | 'plus' | 'lower_hex' | 'raw' | 'dropped';
  /** Further parameters of the authorization response, before (`first`) or after the usual ones. */
  extraParameters: Readonly<Record<string, string>>;
  extraParametersAt: 'first' | 'last';
  /** Sends the response here instead of to the redirect_uri that was asked for. */
  redirectTo: string | undefined;
  /** Makes the codes. */
  newCode: () => string;
  /** `reusable`: forgets to invalidate a code (RFC 6749 4.1.2). */
  codes: 'single_use' | 'reusable';
  /** Of pushed requests (RFC 9126 4). */
  requestUris: 'single_use' | 'reusable';
  /** After login, the browser comes back with the parameters of the pushed request, or with its `request_uri` once more. */
  wayBack: 'resolved' | 'as_asked';
  /** `rejected`: a 400 for every request that names a parameter of PKCE. */
  pkceParameters: 'ignored' | 'rejected';
  /** `rejected`: likewise for `resource` (RFC 8707), which agents send. */
  resourceParameter: 'ignored' | 'rejected';
  /**
   * `held`: the answer waits for `releaseHeld()`, for ever if that is never called. `reset`: the connection is cut
   * before the answer; `truncated`: in the middle of it. `status`: `tokenStatus` with an error body.
   */
  token: 'normal' | 'held' | 'reset' | 'truncated' | 'status';
  tokenStatus: number;
  /** Whether its answer has an id_token that covers the code (`c_hash`). */
  codeHash: boolean;
  /** Which discovery documents there are. */
  metadata: 'openid' | 'oauth' | 'both' | 'none';
  /** Its `issuer`, and the origin of the endpoints it names; absent: the Host it was asked for. */
  publicUrl: string | undefined;
  /** Laid over the discovery document. */
  metadataOverrides: Readonly<Record<string, unknown>>;
};

let codes = 0;

export const DEFAULT_QUIRKS: Quirks = {
  login: 'none',
  redirectStatus: 302,
  ownLocations: 'relative',
  responseMode: 'as_requested',
  jarm: 'signed',
  formPostPage: 'usual',
  contentEncoding: 'identity',
  stateHash: false,
  iss: false,
  authorizationError: undefined,
  errorsAs: 'redirect',
  state: 'percent',
  extraParameters: {},
  extraParametersAt: 'last',
  redirectTo: undefined,
  newCode: () => `legacy-code-${++codes}`,
  codes: 'single_use',
  requestUris: 'reusable',
  wayBack: 'resolved',
  pkceParameters: 'ignored',
  resourceParameter: 'ignored',
  token: 'normal',
  tokenStatus: 503,
  codeHash: false,
  metadata: 'openid',
  publicUrl: undefined,
  metadataOverrides: {},
};

export const PATHS = {
  authorization: '/oauth2/authorize',
  token: '/oauth2/token',
  par: '/oauth2/par',
  login: '/login',
  userinfo: '/userinfo',
} as const;
