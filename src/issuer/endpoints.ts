import type { EndpointPaths } from '../config/config.ts';
import { compilePathPattern, loosenPath, loosePathsOf, type PathPattern } from '../http/path-pattern.ts';
import { Remembered } from '../http/remembered.ts';

/** Which of an issuer's endpoints a request is for: the `endpoint` label of request metrics. */
export type Endpoint = ProtectedEndpoint | UnjudgedEndpoint | 'metadata' | 'other';

/** Endpoints other than those of the code flow, as far as the metadata names them. */
export type UnjudgedEndpoint = 'jwks' | 'userinfo' | 'revocation';

/** The endpoints whose requests are judged. */
export type ProtectedEndpoint = 'authorization' | 'pushed_authorization' | 'token';

export type EndpointMatch = {
  readonly endpoint: Endpoint;
  /** The segments matched by the path's named placeholders, joined by `/`. */
  readonly realm: string;
  /** The protected endpoint that some servers would read in this path, although the path differs. */
  readonly resembles: ProtectedEndpoint | undefined;
};

/** The most paths that are learned from metadata: a server with many realms has three per realm. */
const LEARNT_LIMIT = 3_000;

export class Endpoints {
  readonly #literal = new Map<string, EndpointMatch>();
  readonly #patterns: { readonly endpoint: Endpoint; readonly pattern: PathPattern }[] = [];
  readonly #others = new Remembered((path) => this.#read(path));
  readonly #loose: { readonly endpoint: ProtectedEndpoint; readonly pattern: PathPattern }[] = [];

  /** The paths of the authorization endpoint, as configured or discovered. */
  readonly authorizationPaths: readonly string[];
  /** The paths of the authorization and token endpoints as one text: issuers with the same text accept each other's requests. */
  readonly judgedPaths: string;

  constructor(paths: EndpointPaths) {
    this.authorizationPaths = paths.authorization;
    this.judgedPaths = JSON.stringify([paths.authorization.toSorted(), paths.token.toSorted()]);
    this.#add('authorization', paths.authorization);
    this.#add('token', paths.token);
    this.#add('pushed_authorization', paths.pushedAuthorization);
    this.#add('metadata', paths.metadata);
  }

  match(path: string): EndpointMatch {
    return this.#literal.get(path) ?? this.#others.of(path);
  }

  #read(path: string): EndpointMatch {
    for (const { endpoint, pattern } of this.#patterns) {
      const matched = pattern.match(path);
      // With an encoded or dotted placeholder, the gateway and the upstream would see different realms.
      if (matched !== undefined && !/[^\w.~@:+/-]/.test(matched.all) && !/\/\.{1,2}(\/|$)/.test(path)) {
        return { endpoint, realm: matched.realm, resembles: undefined };
      }
    }
    const loose = loosePathsOf(path);
    const resembled = this.#loose.find(({ pattern }) => loose.some((one) => pattern.match(one)));
    return { endpoint: 'other', realm: '', resembles: resembled?.endpoint };
  }

  /** Learns an endpoint from metadata. A known path, or one that looks like a protected endpoint, stays unchanged. */
  learn(endpoint: UnjudgedEndpoint, path: string | undefined): void {
    if (path === undefined || this.#literal.size >= LEARNT_LIMIT) return;
    const known = this.match(path);
    if (known.endpoint === 'other' && known.resembles === undefined) {
      this.#literal.set(path, { endpoint, realm: '', resembles: undefined });
    }
  }

  #add(endpoint: ProtectedEndpoint | 'metadata', paths: readonly string[]): void {
    for (const path of paths) {
      if (path.includes('{')) this.#patterns.push({ endpoint, pattern: compilePathPattern(path) });
      else this.#literal.set(path, { endpoint, realm: '', resembles: undefined });
      if (endpoint !== 'metadata')
        this.#loose.push({ endpoint, pattern: compilePathPattern(loosenPath(path)) });
    }
  }
}
