import type { Screen } from './stage/screen.ts';

/** A product from a public package registry or a distribution, with its own login and consent pages. */
export type Product = {
  /** Its official name: `Django OAuth Toolkit`. */
  readonly name: string;
  /** The release: `3.4.1`; or its source, if the machine determines the release: `from Debian`. */
  readonly release: string;
  /** What it does that others do not. One sentence, for docs/compatibility.md. */
  readonly shows: string;
  /**
   * Installs the product into `folder`, which is kept between runs; fast if it is already there. Throws `NotInstallable` if
   * this machine cannot install it, which is shown as "not run" with the reason. Returns the exact version.
   */
  install(folder: string): Promise<string>;
  /** Starts it on 127.0.0.1, with exactly these clients and users. Resolves once it answers. */
  start(options: StartOptions): Promise<RunningProduct>;
  /** The pages between the authorization request and the client, in any order. */
  readonly screens: readonly Screen[];
  /** Additional parameters of an authorization request. */
  readonly authorizationParameters: Readonly<Record<string, string>>;
  /** Characters of a state, besides letters and digits, that return unchanged. Default: ` ~+/=&%`. */
  readonly stateCharacters?: string;
  /** Settings of its client in gateway.yaml besides `redirect_uris`. */
  readonly policy?: Readonly<Record<string, unknown>>;
  /** What differs between two logins even without a gateway. The comparison ignores only this. */
  readonly random: readonly RandomPart[];
  /** Its features in the stock configuration. */
  readonly can: {
    /** It asks for consent, and the user may say no. */
    readonly denyConsent: boolean;
    readonly refresh: boolean;
    readonly formPost: boolean;
    /** It redeems codes of clients that sent no challenge. Otherwise it enforces PKCE itself. */
    readonly loginWithoutPkce: boolean;
    /** It verifies a verifier against the challenge itself. */
    readonly verifyPkce: boolean;
    /** It puts a `c_hash` into the id_token of the token response. */
    readonly coverCode: boolean;
    /** It publishes a discovery document, at `paths.metadata`. */
    readonly discovery?: boolean;
    /** It accepts pushed authorization requests. */
    readonly push?: boolean;
    /** It issues codes together with an id_token whose `s_hash` covers the state. Default: no. */
    readonly hybrid?: boolean;
    /** It answers in a JWT (JARM). Default: no. */
    readonly jarm?: boolean;
  };
};

export type StartOptions = {
  /** The folder of `install`. */
  readonly installation: string;
  /** An empty folder for files of this start. */
  readonly data: string;
  readonly port: number;
  /** Its URL for browsers: `http://login.localhost:21000`, whose Host they send. */
  readonly publicOrigin: string;
  readonly clients: readonly ProductClient[];
  readonly users: readonly User[];
};

export type ProductClient = {
  readonly id: string;
  readonly secret: string;
  readonly redirectUri: string;
};

export type User = { readonly username: string; readonly password: string };

export type RunningProduct = AsyncDisposable & {
  /** The target of a request. */
  readonly paths: {
    readonly authorization: string;
    readonly token: string;
    readonly metadata?: string;
    /** RFC 9126; for a product that `can.push`. */
    readonly pushedAuthorization?: string;
  };
  /** As in `endpoints` of gateway.yaml. Default: the `paths`. */
  readonly endpoints?: Readonly<Record<string, readonly string[]>>;
};

export type RandomPart = {
  /** In words, for docs/compatibility.md: `the anti-CSRF token of forms`. */
  readonly what: string;
  /** Global; replaces the captured group, or else the whole match, in targets, header lines and bodies. */
  readonly pattern: RegExp;
};
