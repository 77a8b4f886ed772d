import type { Config } from './config.ts';

type Listed = Config['issuers'][number]['clients']['listed'];

/** All but the clients, or some of the clients of one issuer. */
export type ConfigPart = { readonly rest: Config } | { readonly issuer: number; readonly listed: Listed };

/** Clients in one part: a process reads them within a millisecond. */
const AT_A_TIME = 1_000;

/** A configuration in small parts: the process that receives it serves requests between two of them. */
export function* partsOf(config: Config): Generator<ConfigPart> {
  yield { rest: withClients(config, () => []) };
  for (const [issuer, { clients }] of config.issuers.entries()) {
    for (let start = 0; start < clients.listed.length; start += AT_A_TIME)
      yield { issuer, listed: clients.listed.slice(start, start + AT_A_TIME) };
  }
}

/** A configuration while its parts arrive. */
export class PartialConfig {
  #rest: Config | undefined;
  readonly #listed = new Map<number, Listed[number][]>();

  add(part: ConfigPart): void {
    if ('rest' in part) {
      this.#rest = part.rest;
      return;
    }
    const listed = this.#listed.get(part.issuer) ?? [];
    listed.push(...part.listed);
    this.#listed.set(part.issuer, listed);
  }

  /** The whole configuration, once all parts are there. */
  complete(): Config {
    if (this.#rest === undefined) throw new Error('no part of the configuration has arrived');
    return withClients(this.#rest, (issuer) => this.#listed.get(issuer) ?? []);
  }
}

function withClients(config: Config, listedOf: (issuer: number) => Listed): Config {
  const issuers = config.issuers.map((issuer, index) => ({
    ...issuer,
    clients: { ...issuer.clients, listed: listedOf(index) },
  }));
  return { ...config, issuers };
}
