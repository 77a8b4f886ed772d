import { buildPolicies } from './build-policy.ts';
import type { Config, EndpointPaths, IssuerConfig, RedisServers, StoreConfig } from './config.ts';
import { formatPath } from './problem.ts';
import type { Pages } from './read-pages.ts';
import type { TlsTexts } from './read-tls-files.ts';
import type { FileConfig, IssuerEntry } from './schema/gateway.ts';

export function buildConfig(file: FileConfig, tls: TlsTexts, pages: Pages = new Map()): Config {
  const { listen, admin, workers, shutdown, log, audit } = file;
  return {
    listen: {
      address: listen.address,
      tls: tls.get(formatPath(['listen', 'tls'])),
      trustedProxies: listen.trusted_proxies,
      keepAlive: listen.keep_alive,
      limits: {
        headerTimeout: listen.limits.header_timeout,
        body: listen.limits.body,
        connections: listen.limits.connections,
        connectionsPerClient: listen.limits.connections_per_client,
      },
      requestIdHeader: listen.request_id_header,
    },
    admin: {
      address: admin.address,
      hosts: admin.hosts,
      tls: tls.get(formatPath(['admin', 'tls'])),
      token: admin.token,
    },
    workers,
    shutdown,
    log,
    audit,
    store: buildStore(file.store, tls),
    issuers: file.issuers.map((issuer, index) => buildIssuer(issuer, index, { tls, pages })),
  };
}

function buildStore({ kind, redis }: FileConfig['store'], tls: TlsTexts): StoreConfig {
  if (kind !== 'redis' || redis === undefined) return { kind: 'memory' };
  const servers = buildRedisServers(redis);
  if (servers === undefined) return { kind: 'memory' };
  return {
    kind,
    ...servers,
    username: redis.username,
    password: redis.password,
    database: redis.database,
    tls: tls.get(formatPath(['store', 'redis', 'tls'])),
    prefix: redis.prefix,
    timeout: redis.timeout,
  };
}

function buildRedisServers({
  url,
  cluster,
  sentinel,
}: NonNullable<FileConfig['store']['redis']>): RedisServers | undefined {
  if (url !== undefined) return { url };
  if (cluster !== undefined) return { cluster };
  if (sentinel === undefined) return undefined;
  const { name, nodes, username, password } = sentinel;
  return { sentinel: { name, nodes, username, password } };
}

function buildIssuer(
  issuer: IssuerEntry,
  index: number,
  files: { readonly tls: TlsTexts; readonly pages: Pages },
): IssuerConfig {
  const { upstream } = issuer;
  const texts = files.tls.get(formatPath(['issuers', index, 'upstream', 'tls']));
  return {
    name: issuer.name,
    hosts: issuer.hosts ?? [],
    paths: issuer.paths ?? [],
    upstream: {
      origin: upstream.url,
      preserveHost: upstream.preserve_host,
      origins: upstream.origins,
      tls: texts && { ...texts, insecureSkipVerify: upstream.tls?.insecure_skip_verify ?? false },
      timeouts: upstream.timeouts,
      connections: upstream.connections,
    },
    publicOrigin: issuer.public_url,
    endpoints: buildEndpoints(issuer.endpoints),
    forwardPkce: issuer.forward_pkce,
    tokenContentTypes: issuer.token_content_types,
    stateLimit: issuer.state_limit,
    dropParameters: issuer.drop_parameters,
    metadata: {
      advertisePkce: issuer.metadata.advertise_pkce,
      oauthAuthorizationServer: issuer.metadata.oauth_authorization_server,
    },
    errorPage: files.pages.get(formatPath(['issuers', index, 'pages', 'error_file'])),
    clients: buildPolicies(issuer),
  };
}

function buildEndpoints(endpoints: IssuerEntry['endpoints']): 'auto' | EndpointPaths {
  if (endpoints === 'auto') return 'auto';
  return {
    authorization: endpoints.authorization,
    token: endpoints.token,
    pushedAuthorization: endpoints.pushed_authorization,
    metadata: endpoints.metadata,
  };
}
