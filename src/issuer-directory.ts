import type { IssuerConfig } from './config/config.ts';

/** Tells issuers apart by the Host header. */
export class IssuerDirectory<Issuer extends { readonly config: Pick<IssuerConfig, 'hosts'> }> {
  readonly #byHost = new Map<string, Issuer>();
  readonly #fallback: Issuer | undefined;

  constructor(issuers: readonly Issuer[]) {
    for (const issuer of issuers) for (const host of issuer.config.hosts) this.#byHost.set(host, issuer);
    this.#fallback = issuers.find((issuer) => issuer.config.hosts.length === 0);
  }

  /** The issuer that claims a host (`host:port` before `host`), or the one that claims none. */
  issuerFor(host: string): Issuer | undefined {
    if (this.#byHost.size === 0) return this.#fallback;
    const name = host.toLowerCase();
    return this.#byHost.get(name) ?? this.#byHost.get(name.replace(/:\d*$/, '')) ?? this.#fallback;
  }
}
