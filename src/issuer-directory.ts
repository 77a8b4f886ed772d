import type { IssuerConfig } from './config/config.ts';
import { withoutPort } from './http/host.ts';
import { loosenPath, readingsOf } from './http/path-pattern.ts';
import { isBelow, subjectOfPath } from './oauth/metadata-paths.ts';

type Claim = {
  readonly config: Pick<IssuerConfig, 'hosts' | 'paths'> & { readonly upstream: { readonly origin: string } };
};

/** Whose a request is. */
export type Claimed<Issuer> = {
  readonly issuer: Issuer;
  /** The other issuers of the host of which some server could take this for a request; usually none. */
  readonly rivals: readonly Issuer[];
  /** The other issuers of the host that stand in front of the same server. */
  readonly neighbours: readonly Issuer[];
  /** The same, of whatever host. */
  readonly sharers: readonly Issuer[];
};

/** Tells issuers apart by the Host header, then by the path. */
export class IssuerDirectory<Issuer extends Claim> {
  readonly #byHost = new Map<string, HostIssuers<Issuer>>();
  readonly #fallback: HostIssuers<Issuer>;

  constructor(issuers: readonly Issuer[]) {
    const names = new Set(issuers.flatMap(({ config }) => config.hosts));
    for (const name of names) {
      this.#byHost.set(
        name,
        new HostIssuers(
          issuers.filter(({ config }) => config.hosts.includes(name)),
          issuers,
        ),
      );
    }
    this.#fallback = new HostIssuers(
      issuers.filter(({ config }) => config.hosts.length === 0),
      issuers,
    );
  }

  /** `undefined`: no issuer claims the host, neither as `host:port` nor as `host`, and every one claims some. */
  issuersFor(host: string): HostIssuers<Issuer> | undefined {
    if (this.#byHost.size === 0) return this.#fallback;
    const name = host.toLowerCase();
    const own = this.#byHost.get(name) ?? this.#byHost.get(withoutPort(name));
    return own ?? (this.#fallback.isEmpty ? undefined : this.#fallback);
  }
}

/** The issuers of one host. */
export class HostIssuers<Issuer extends Claim> {
  readonly #all: readonly Issuer[];
  /** Whose is what no path claims. */
  readonly #rest: Issuer | undefined;
  /** Longest first. */
  readonly #paths: readonly { readonly path: string; readonly loose: string; readonly issuer: Issuer }[];
  /** What is to be said of each where no other issuer's path comes into question. */
  readonly #claims: ReadonlyMap<Issuer, Claimed<Issuer>>;

  /** `everybody`: the issuers of all hosts. */
  constructor(issuers: readonly Issuer[], everybody: readonly Issuer[]) {
    this.#all = issuers;
    this.#rest = issuers.find(({ config }) => config.paths.length === 0);
    this.#paths = issuers
      .flatMap((issuer) => issuer.config.paths.map((path) => ({ path, loose: loosenPath(path), issuer })))
      .sort((one, other) => other.path.length - one.path.length);
    this.#claims = new Map(
      issuers.map((issuer) => [
        issuer,
        {
          issuer,
          rivals: [],
          neighbours: sameServer(issuer, issuers),
          sharers: sameServer(issuer, everybody),
        },
      ]),
    );
  }

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /**
   * The issuer with the longest path that a path is below, as written: the reading that endpoints are matched by. Where
   * some server would read another issuer's path out of it, all the others are rivals. `undefined`: nobody's.
   */
  claim(path: string): Claimed<Issuer> | undefined {
    const [issuer, ambiguous] = this.#paths.length === 0 ? [this.#rest, false] : this.#read(path);
    const claimed = issuer && this.#claims.get(issuer);
    if (claimed === undefined || !ambiguous) return claimed;
    return { ...claimed, rivals: this.#all.filter((other) => other !== issuer) };
  }

  #read(path: string): [Issuer | undefined, ambiguous: boolean] {
    const subject = subjectOfPath(path);
    const exact = this.#paths.find((claimed) => isBelow(subject, claimed.path))?.issuer ?? this.#rest;
    const readings = readingsOf(path);
    if (readings === undefined) return [exact ?? this.#all[0], true];
    for (const reading of readings) {
      const loose = subjectOfPath(reading);
      const issuer = this.#paths.find((claimed) => isBelow(loose, claimed.loose))?.issuer ?? this.#rest;
      if (issuer !== exact) return [exact ?? issuer, true];
    }
    return [exact, false];
  }
}

/** The others in front of the server of one. */
function sameServer<Issuer extends Claim>(one: Issuer, all: readonly Issuer[]): readonly Issuer[] {
  return all.filter((other) => other !== one && other.config.upstream.origin === one.config.upstream.origin);
}
