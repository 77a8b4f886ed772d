import type { z } from 'zod';
import type { PolicyEntries } from '../policy/merge-policies.ts';
import { BUILT_IN_POLICY } from './client-policies.ts';
import type { Address } from './schema/address.ts';
import type { gatewaySchema } from './schema/gateway.ts';
import type { RedisAddress } from './schema/redis-url.ts';
import type { Draft, Settings } from './settings.ts';

/** A configuration file after validation, as `schema/` describes it, with all defaults except those of client policies. */
export type FileSettings = Settings<z.output<typeof gatewaySchema>>;
type IssuerSettings = FileSettings['issuers'][number];
/** An issuer that may have invalid values. */
export type IssuerDraft = Draft<IssuerSettings>;

/**
 * The configuration in force: validated, with every file read, and every default filled in except those of client policies.
 * Durations in milliseconds, sizes in bytes. Plain data, so that it can be sent to another process. `schema/` describes each key.
 */
export type Config = Omit<FileSettings, 'store' | 'issuers' | 'include'> & {
  readonly store: StoreConfig;
  readonly issuers: readonly IssuerConfig[];
};

export type { Address };
/** PEM texts. */
export type TlsFiles = {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
};
export type EndpointPaths = Exclude<IssuerSettings['endpoints'], 'auto'>;

type RedisSettings = NonNullable<FileSettings['store']['redis']>;
type RedisSentinel = NonNullable<RedisSettings['sentinel']>;
/** The location of Redis: a url, the nodes of a cluster, or sentinels. */
export type RedisServers =
  | { readonly url: RedisAddress }
  | { readonly cluster: readonly Address[] }
  | { readonly sentinel: RedisSentinel };
export type RedisConfig = Omit<RedisSettings, 'url' | 'cluster' | 'sentinel'> & RedisServers;
export type SealedConfig = NonNullable<FileSettings['store']['sealed']>;
export type StoreConfig =
  | { readonly kind: 'memory' }
  | { readonly kind: 'redis'; readonly redis: RedisConfig }
  | { readonly kind: 'sealed'; readonly sealed: SealedConfig };

export type IssuerConfig = Omit<
  IssuerSettings,
  'upstream' | 'publicUrl' | 'hosts' | 'paths' | 'defaults' | 'unlistedClients' | 'clients'
> & {
  /** Lower case, `host` or `host:port`; none: every host that no other issuer lists. */
  readonly hosts: readonly string[];
  /** Without a slash at the end; none: every path that no other issuer of its hosts lists. */
  readonly paths: readonly string[];
  readonly upstream: Omit<IssuerSettings['upstream'], 'url'> & {
    /** scheme://host[:port] */ readonly origin: string;
  };
  /** scheme://host[:port]; `undefined`: taken from each request. */
  readonly publicOrigin: string | undefined;
  readonly clients: PolicyEntries;
};

export function buildConfig({ include: _, store, issuers, ...settings }: FileSettings): Config {
  return { ...settings, store: buildStore(store), issuers: issuers.map(buildIssuer) };
}

/** Without what another kind would need. What this kind needs is present: this was checked. */
function buildStore({ kind, redis, sealed }: FileSettings['store']): StoreConfig {
  return { kind, ...(kind === 'redis' && { redis }), ...(kind === 'sealed' && { sealed }) } as StoreConfig;
}

function buildIssuer({
  upstream: { url, ...upstream },
  publicUrl,
  hosts = [],
  paths = [],
  defaults,
  unlistedClients,
  clients,
  ...rest
}: IssuerSettings): IssuerConfig {
  return {
    ...rest,
    hosts,
    paths,
    upstream: { ...upstream, origin: url },
    publicOrigin: publicUrl,
    clients: { listed: clients, unlisted: unlistedClients, defaults, builtIn: BUILT_IN_POLICY },
  };
}
