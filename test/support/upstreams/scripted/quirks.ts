import type { FormPostShape } from './form-post-pages.ts';

/** The errors and peculiarities of the scripted server. A test may change any of them between requests. */
export type Quirks = {
  /**
   * How the user logs in.
   * - `none`: the authorization endpoint answers with a code at once.
   * - `return_to`: it redirects to `/login?return_to=…`; the login sends the browser back with the parameters it was given.
   * - `session`: the same, but the way back is remembered in the session.
   * - `issue_at_login`: the login POST itself answers with the code.
   */
  login: 'none' | 'return_to' | 'session' | 'issue_at_login';
  /** The status of its redirects. */
  redirectStatus: 302 | 303 | 307;
  /** Redirects to its own pages: relative, absolute with the request's Host, or absolute with its own origin. */
  ownLocations: 'relative' | 'host' | 'internal';
  /** `as_requested` follows response_mode; the others ignore it. */
  responseMode: 'as_requested' | 'query' | 'fragment' | 'form_post' | 'query.jwt' | 'form_post.jwt';
  /** The responses of JWT modes: `encrypted` for the client, `malformed`: not a JWT. */
  jarm: 'signed' | 'encrypted' | 'malformed';
  /** The variant of its form_post page. */
  formPostPage: FormPostShape;
  /** The content coding of that page, for any Accept-Encoding. */
  contentEncoding: 'identity' | 'gzip' | 'br';
  /** Whether an id_token contains the hash of the state (`s_hash`, FAPI 1.0 part 2). */
  stateHash: boolean;
  /** Whether responses name their issuer (RFC 9207). */
  iss: boolean;
  /** Makes every authorization request fail with this error. */
  authorizationError: string | undefined;
  /** Errors to the client as a redirect (or form_post page), or as a 400 with a Location (or that page). */
  errorsAs: 'redirect' | '400_with_location';
  /** The encoding of the returned state. `raw`: the undecoded bytes of the request. */
  state: 'percent' | 'plus' | 'lower_hex' | 'raw' | 'dropped';
  /** Further parameters of the authorization response, before (`first`) or after the usual ones. */
  extraParameters: Readonly<Record<string, string>>;
  extraParametersAt: 'first' | 'last';
  /** Sends the response here instead of to the requested redirect_uri. */
  redirectTo: string | undefined;
  /** Generates the codes. */
  newCode: () => string;
  /** `reusable`: does not invalidate codes (RFC 6749 4.1.2). */
  codes: 'single_use' | 'reusable';
  /** The use of pushed requests (RFC 9126 4). */
  requestUris: 'single_use' | 'reusable';
  /** After login, the browser returns with the parameters of the pushed request, or with its `request_uri` again. */
  wayBack: 'resolved' | 'as_asked';
  /** `rejected`: a 400 for every request with a PKCE parameter. */
  pkceParameters: 'ignored' | 'rejected';
  /** `rejected`: the same for `resource` (RFC 8707), which agents send. */
  resourceParameter: 'ignored' | 'rejected';
  /**
   * `held`: the response waits for `releaseHeld()`. `reset`: the connection is reset before the response; `truncated`:
   * during it. `status`: `tokenStatus` with an error body.
   */
  token: 'normal' | 'held' | 'reset' | 'truncated' | 'status';
  tokenStatus: number;
  /** Whether its response has an id_token that covers the code (`c_hash`). */
  codeHash: boolean;
  /** The available discovery documents. */
  metadata: 'openid' | 'oauth' | 'both' | 'none';
  /** Its `issuer`, and the origin of the endpoints; absent: the request's Host. */
  publicUrl: string | undefined;
  /** Overrides of the discovery document. */
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
