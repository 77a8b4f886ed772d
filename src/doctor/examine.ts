import type { Config, IssuerConfig } from '../config/config.ts';
import { namedEndpoints } from '../oauth/metadata.ts';
import { createUpstreamClient } from '../upstream/upstream-client.ts';
import { UpstreamFault } from '../upstream/upstream-fault.ts';
import { endpointPath } from './examined-upstream.ts';
import { about, type Finding } from './finding.ts';
import type { KnownClient } from './follow-authorization.ts';
import { probeAuthorizationEndpoint } from './probe-authorization-endpoint.ts';
import { probeConfig, probeIssuerConfig } from './probe-config.ts';
import { probeDirect } from './probe-direct.ts';
import { probeDiscovery } from './probe-discovery.ts';
import { probeNetwork } from './probe-network.ts';
import { probeStore } from './probe-store.ts';
import { probeTokenEndpoint } from './probe-token-endpoint.ts';
import { type LoginTrial, tryLogin } from './try-login.ts';

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
    readonly login: Omit<LoginTrial, 'client'> | undefined;
    readonly now: number;
  },
): Promise<Section> {
  const { client: known, direct, login, now } = options;
  const findings = [...probeIssuerConfig(config), ...(await probeNetwork(config.upstream, now))];
  const section = { about: `${config.name}: ${config.upstream.origin}`, findings };
  if (findings.some(({ mark }) => mark === 'problem')) return section;
  await using client = createUpstreamClient({ ...config.upstream, timeouts: TIMEOUTS });
  const discovery = await probeDiscovery(config, client);
  findings.push(...discovery.findings);
  if (!discovery.answers) return section;
  const namedOrigins = namedEndpoints(discovery.found?.document ?? {}).map(({ url }) => url.origin);
  const upstream = { config, client, discovered: discovery.found?.discovered, namedOrigins };
  /** A probe that gets no answer is a finding. */
  const add = async (probe: Promise<Finding[]>, tried: string, advice: string) => {
    const found = await probe.catch((error: unknown) => {
      if (!(error instanceof UpstreamFault)) throw error;
      return [about(tried).problem(error.message, advice)];
    });
    findings.push(...found);
  };
  const checkPath = (name: 'authorization' | 'token') =>
    `check that ${endpointPath(upstream, name)} is the ${name} endpoint`;
  const token = probeTokenEndpoint(upstream, known);
  await add(token, 'token endpoint: a made-up code', checkPath('token'));
  const authorization = probeAuthorizationEndpoint(upstream, known);
  await add(authorization, 'authorization endpoint', checkPath('authorization'));
  if (direct !== undefined) findings.push(await probeDirect(upstream, direct));
  if (login !== undefined && known !== undefined) {
    const trial = tryLogin(upstream, { client: known, ...login });
    await add(trial, 'login', `check that ${login.via} is reachable from this machine`);
  }
  return section;
}
