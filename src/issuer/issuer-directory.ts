import type { IssuerConfig } from '../config/config.ts';
import { withoutPort } from '../http/host.ts';
import { loosenPath, readingsOf } from '../http/path-pattern.ts';
import { isBelow, subjectOfPath } from '../oauth/metadata-paths.ts';
import type { EndpointMatch, Endpoints } from './endpoints.ts';

type Configured = { readonly config: Pick<IssuerConfig, 'hosts' | 'paths'> };

export type Claimed<Issuer> = {
  readonly issuer: Issuer;
  /** The issuers of the host, if some servers could read a different issuer's path in this path; usually none. */
  readonly rivals: readonly Issuer[];
};

/** Finds the issuer by the Host header, then by the path. */
export class IssuerDirectory<Issuer extends Configured> {
  readonly #byHost = new Map<string, HostIssuers<Issuer>>();
  readonly #fallback: HostIssuers<Issuer>;

  constructor(issuers: readonly Issuer[]) {
    for (const name of new Set(issuers.flatMap(({ config }) => config.hosts))) {
      this.#byHost.set(name, new HostIssuers(issuers.filter(({ config }) => config.hosts.includes(name))));
    }
    this.#fallback = new HostIssuers(issuers.filter(({ config }) => config.hosts.length === 0));
  }

  /** `undefined`: no issuer lists the host, neither as `host:port` nor as `host`, and every issuer lists some hosts. */
  issuersFor(host: string): HostIssuers<Issuer> | undefined {
    if (this.#byHost.size === 0) return this.#fallback;
    const name = host.toLowerCase();
    const own = this.#byHost.get(name) ?? this.#byHost.get(withoutPort(name));
    return own ?? (this.#fallback.isEmpty ? undefined : this.#fallback);
  }
}

class HostIssuers<Issuer extends Configured> {
  readonly #all: readonly Issuer[];
  /** The issuer for paths that no other issuer lists. */
  readonly #rest: Issuer | undefined;
  /** Longest first. */
  readonly #paths: readonly { readonly path: string; readonly loose: string; readonly issuer: Issuer }[];

  constructor(issuers: readonly Issuer[]) {
    this.#all = issuers;
    this.#rest = issuers.find(({ config }) => config.paths.length === 0);
    this.#paths = issuers
      .flatMap((issuer) => issuer.config.paths.map((path) => ({ path, loose: loosenPath(path), issuer })))
      .sort((one, other) => other.path.length - one.path.length);
  }

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  /** The issuer with the longest path that contains this one, as written. `undefined`: no issuer's. */
  claim(path: string): Claimed<Issuer> | undefined {
    const [issuer, ambiguous] = this.#paths.length === 0 ? [this.#rest, false] : this.#read(path);
    return issuer && { issuer, rivals: ambiguous ? this.#all : [] };
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

/** Classifies a path for an issuer. A path that the upstream may assign to a different issuer is never an endpoint. */
export function matchPath(
  { issuer, rivals }: Claimed<{ readonly endpoints: Endpoints | undefined }>,
  path: string,
): EndpointMatch | undefined {
  if (rivals.length === 0) return issuer.endpoints?.match(path);
  const matches = rivals.flatMap(({ endpoints }) => endpoints?.match(path) ?? []);
  const resembles = matches.find((match) => match.resembles !== undefined)?.resembles ?? 'authorization';
  return { endpoint: 'other', realm: '', resembles };
}
