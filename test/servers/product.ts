import type { Screen } from './stage/screen.ts';

/** A product as anybody gets it: from a package registry or a distribution, with its own login and consent pages. */
export type Product = {
  /** As its makers write it: `Django OAuth Toolkit`. */
  readonly name: string;
  /** Which release: `3.4.1`; or where it comes from, if the machine decides on the release: `from Debian`. */
  readonly release: string;
  /** Why it is here: what it does that others do not. One sentence, for docs/compatibility.md. */
  readonly shows: string;
  /**
   * Gets the product into `folder`, which is kept between runs; fast where it is there already. Throws
   * `NotInstallable` where this machine cannot have it, which is shown as "not run", and why.
   * Answers the exact version.
   */
  install(folder: string): Promise<string>;
  /** Starts it on 127.0.0.1, with exactly these clients and users. Resolves once it answers. */
  start(options: StartOptions): Promise<RunningProduct>;
  /** The pages between the authorization request and the client, in any order. */
  readonly screens: readonly Screen[];
  /** What an authorization request asks for beside the usual. */
  readonly authorizationParameters: Readonly<Record<string, string>>;
  /** What a state may have beside letters and digits, and still come back as it was. Default: ` ~+/=&%`. */
  readonly stateCharacters?: string;
  /** What its client needs beside `redirect_uris`, as a client of gateway.yaml has it. */
  readonly policy?: Readonly<Record<string, unknown>>;
  /** What differs between two logins even without a gateway. The comparison looks away from this and nothing else. */
  readonly random: readonly RandomPart[];
  /** What it can do, as its stock configuration has it. */
  readonly can: {
    /** It asks for consent, and the user may say no. */
    readonly denyConsent: boolean;
    readonly refresh: boolean;
    readonly formPost: boolean;
    /** It redeems codes of clients that sent no challenge. Without it, it enforces PKCE by itself. */
    readonly loginWithoutPkce: boolean;
    /** It compares a verifier with the challenge by itself. */
    readonly verifyPkce: boolean;
    /** It puts a `c_hash` into the id_token of the token response. */
    readonly coverCode: boolean;
    /** It publishes a discovery document, at `paths.metadata`. */
    readonly discovery?: boolean;
    /** It takes pushed authorization requests. */
    readonly push?: boolean;
    /** It hands out codes together with an id_token whose `s_hash` covers the state. Default: no. */
    readonly hybrid?: boolean;
    /** It answers in a JWT (JARM). Default: no. */
    readonly jarm?: boolean;
  };
};

export type StartOptions = {
  /** The folder that `install` filled. */
  readonly installation: string;
  /** An empty folder for what this start writes. */
  readonly data: string;
  readonly port: number;
  /** Where browsers find it: `http://login.localhost:21000`. They come with this Host. */
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
  /** What a request goes to. */
  readonly paths: {
    readonly authorization: string;
    readonly token: string;
    readonly metadata?: string;
    /** RFC 9126; for a product that `can.push`. */
    readonly pushedAuthorization?: string;
  };
  /** As `endpoints` of gateway.yaml has them. Default: the `paths`. */
  readonly endpoints?: Readonly<Record<string, readonly string[]>>;
};

export type RandomPart = {
  /** In words, for docs/compatibility.md: `the anti-CSRF token of forms`. */
  readonly what: string;
  /** Global; what a group captures is replaced, else all of the match. Searched in targets, header lines and bodies. */
  readonly pattern: RegExp;
};
