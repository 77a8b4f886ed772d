import type { Config, IssuerConfig } from '../config/config.ts';
import { namedEndpoints } from '../oauth/named-endpoints.ts';
import { describeFault } from '../upstream/describe-fault.ts';
import { createUpstreamClient } from '../upstream/upstream-client.ts';
import { UpstreamFault } from '../upstream/upstream-fault.ts';
import type { ExaminedUpstream } from './examined-upstream.ts';
import { type Finding, problem } from './finding.ts';
import type { KnownClient } from './follow-authorization.ts';
import { probeAuthorizationEndpoint } from './probe-authorization-endpoint.ts';
import { probeConfig, probeIssuerConfig } from './probe-config.ts';
import { probeDirect } from './probe-direct.ts';
import { probeDiscovery } from './probe-discovery.ts';
import { probeMetadata } from './probe-metadata.ts';
import { probeNetwork } from './probe-network.ts';
import { probeStore } from './probe-store.ts';
import { probeTokenEndpoint } from './probe-token-endpoint.ts';
import { tryLogin } from './try-login.ts';
import type { VisitingBrowser } from './visiting-browser.ts';

/** What `--login` needs in addition to the client. */
export type LoginOptions = {
  readonly secret: string | undefined;
  readonly browser: VisitingBrowser;
  /** scheme://host[:port] where the browser starts. */
  readonly via: string;
};

/** The findings about one part: an issuer, the store, or the gateway itself. */
export type Section = { readonly about: string; readonly findings: readonly Finding[] };

/** Milliseconds. Short, because a person waits at a terminal. */
const TIMEOUTS = { connect: 5_000, response: 5_000 };

/** The gateway's own settings and its store. */
export async function examineGateway(config: Config): Promise<Section[]> {
  return [
    { about: 'gateway', findings: probeConfig(config) },
    { about: 'store', findings: await probeStore(config.store) },
  ];
}

/** Examines one upstream, from its name to its token endpoint; stops at what cannot be reached. */
export async function examineIssuer(
  config: IssuerConfig,
  options: {
    readonly client: KnownClient | undefined;
    readonly direct: URL | undefined;
    readonly login: LoginOptions | undefined;
    readonly now: number;
  },
): Promise<Section> {
  const about = `${config.name}: ${config.upstream.origin}`;
  const findings = [...probeIssuerConfig(config), ...(await probeNetwork(config.upstream, options.now))];
  if (findings.some(({ mark }) => mark === 'problem')) return { about, findings };
  await using client = createUpstreamClient({ ...config.upstream, timeouts: TIMEOUTS });
  const discovery = await probeDiscovery(config, client);
  findings.push(...discovery.findings);
  if (!discovery.answers) return { about, findings };
  const namedOrigins = namedEndpoints(discovery.found?.document ?? {}).map(({ url }) => url.origin);
  const upstream = { config, client, discovered: discovery.found?.discovered, namedOrigins };
  findings.push(
    ...probeMetadata(upstream, discovery.found?.document),
    ...(await probeTokenEndpoint(upstream, options.client)),
    ...(await probeAuthorizationEndpoint(upstream, options.client)),
  );
  if (options.direct !== undefined) findings.push(await probeDirect(upstream, options.direct));
  if (options.login !== undefined && options.client !== undefined)
    findings.push(...(await loginFindings(upstream, options.client, options.login)));
  return { about, findings };
}

async function loginFindings(
  upstream: ExaminedUpstream,
  client: KnownClient,
  login: LoginOptions,
): Promise<Finding[]> {
  try {
    return await tryLogin(upstream, { client, ...login });
  } catch (error) {
    if (!(error instanceof UpstreamFault)) throw error;
    return [
      problem('login', describeFault(error), 'check that the token endpoint is reachable from this machine'),
    ];
  }
}
