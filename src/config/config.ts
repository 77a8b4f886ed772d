import type { ClientPolicies } from '../policy/client-policy.ts';

/**
 * The configuration in force: validated, with every default filled in and every secret read. Durations in milliseconds,
 * sizes in bytes. Plain data, so that it can be handed to another thread or process.
 */
export type Config = {
  readonly listen: ListenConfig;
  readonly admin: {
    readonly address: Address;
    /** Host headers that it answers to, beside IP addresses and localhost; `undefined`: any, but not over loopback. */
    readonly hosts: readonly string[] | undefined;
    /** `undefined`: plain HTTP. */
    readonly tls: TlsFiles | undefined;
    /** Asked for everything but health and readiness. */
    readonly token: string | undefined;
  };
  /** Processes that serve; `auto`: one for each processor. */
  readonly workers: number | 'auto';
  readonly shutdown: {
    /** How long it goes on as if nothing was, but for readiness. */
    readonly delay: number;
    /** How long requests in flight may then take. */
    readonly drain: number;
  };
  readonly log: {
    readonly level: LogLevel;
    readonly format: 'json' | 'pretty';
    /** Whether each request that was answered gets a line. */
    readonly requests: boolean;
  };
  readonly audit: {
    /** `none`, `stdout`, `stderr`, or an absolute path. */
    readonly destination: string;
    /** How much of a client's address is written. */
    readonly address: 'full' | 'truncated' | 'none';
  };
  readonly store: StoreConfig;
  readonly issuers: readonly IssuerConfig[];
};

export type Address = { readonly host: string; readonly port: number };

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

export type ListenConfig = {
  readonly address: Address;
  /** `undefined`: plain HTTP. */
  readonly tls: TlsFiles | undefined;
  /** Addresses and CIDR ranges whose X-Forwarded-* are believed. */
  readonly trustedProxies: readonly string[];
  /** How long an idle connection stays open. */
  readonly keepAlive: number;
  readonly limits: {
    readonly headerTimeout: number;
    /** The largest body that is read in order to be judged; others stream. */
    readonly body: number;
    readonly connections: number;
    /** By the address of the client. */
    readonly connectionsPerClient: number;
  };
  readonly requestIdHeader: string;
};

export type StoreConfig = { readonly kind: 'memory' } | RedisConfig;

export type RedisConfig = RedisServers & {
  readonly kind: 'redis';
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** `undefined`: as the url says, or 0. */
  readonly database: number | undefined;
  /** `undefined`: no TLS, unless the url says `rediss:`. */
  readonly tls: TlsFiles | undefined;
  readonly prefix: string;
  readonly timeout: number;
};

/** Where Redis is: at a url, wherever the nodes of a cluster say, or wherever sentinels say. */
export type RedisServers =
  | { readonly url: string }
  | { readonly cluster: readonly Address[] }
  | { readonly sentinel: RedisSentinel };

export type RedisSentinel = {
  readonly name: string;
  readonly nodes: readonly Address[];
  readonly username: string | undefined;
  readonly password: string | undefined;
};

/** PEM texts, already read. */
export type TlsFiles = {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
};

export type EndpointPaths = {
  readonly authorization: readonly string[];
  readonly token: readonly string[];
  readonly pushedAuthorization: readonly string[];
  readonly metadata: readonly string[];
};

export type IssuerConfig = {
  readonly name: string;
  /** Lower case, `host` or `host:port`; none: every host that no other issuer claims. */
  readonly hosts: readonly string[];
  /** Below which the issuer is, each without a slash at its end; none: all that no other of its hosts claims. */
  readonly paths: readonly string[];
  readonly upstream: {
    /** scheme://host[:port] */
    readonly origin: string;
    readonly preserveHost: boolean;
    /** Further origins by which the server calls itself. */
    readonly origins: readonly string[];
    readonly tls: (TlsFiles & { readonly insecureSkipVerify: boolean }) | undefined;
    readonly timeouts: { readonly connect: number; readonly response: number };
    readonly connections: number;
  };
  /** scheme://host[:port]; `undefined`: taken from each request. */
  readonly publicOrigin: string | undefined;
  readonly endpoints: 'auto' | EndpointPaths;
  readonly forwardPkce: 'always' | 'never';
  readonly tokenContentTypes: readonly ('form' | 'json')[];
  /** The longest state, in bytes, that the server keeps; `undefined`: of any length. */
  readonly stateLimit: number | undefined;
  /** Parameters that are dropped before a message is judged. */
  readonly dropParameters: readonly string[];
  readonly metadata: { readonly advertisePkce: boolean; readonly oauthAuthorizationServer: boolean };
  /** HTML with placeholders, in place of the gateway's own error page. */
  readonly errorPage: string | undefined;
  readonly clients: ClientPolicies;
};
