import type { Config } from './config.ts';

type Listed = Config['issuers'][number]['clients']['listed'];

/** All but the clients, or some of the clients of one issuer. */
export type ConfigPart = { readonly rest: Config } | { readonly issuer: number; readonly listed: Listed };

/** Clients in one part: a process reads them within a millisecond. */
const AT_A_TIME = 1_000;

/** A configuration in small parts: the process that receives it serves requests between two of them. */
export function* partsOf(config: Config): Generator<ConfigPart> {
  const issuers = config.issuers.map((issuer) => ({ ...issuer, clients: { ...issuer.clients, listed: [] } }));
  yield { rest: { ...config, issuers } };
  for (const [issuer, { clients }] of config.issuers.entries()) {
    for (let start = 0; start < clients.listed.length; start += AT_A_TIME)
      yield { issuer, listed: clients.listed.slice(start, start + AT_A_TIME) };
  }
}

/** Adds a part to what has arrived of a configuration, which nothing else uses yet. */
export function addPart(config: Config | undefined, part: ConfigPart): Config {
  if ('rest' in part) return part.rest;
  const issuer = config?.issuers[part.issuer];
  if (issuer === undefined) throw new Error('the first part of the configuration has not arrived');
  (issuer.clients.listed as Listed[number][]).push(...part.listed);
  return config as Config;
}
