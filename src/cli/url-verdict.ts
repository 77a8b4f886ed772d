import type { IssuerConfig } from '../config/config.ts';
import { judgeRequest } from '../handlers/judge-request.ts';
import { parseRequestTarget, type RequestTarget } from '../http/request-target.ts';
import { type Endpoint, Endpoints } from '../issuer/endpoints.ts';
import { configuredEndpoints, discoverIssuer } from '../issuer/issuer.ts';
import { isLookalike } from '../oauth/parameter-names.ts';
import { parseParameters } from '../oauth/parameters.ts';
import { effectiveMode } from '../policy/client-policy.ts';
import { type ClientRegistry, decideClientId } from '../policy/client-registry.ts';
import { decideAuthorizationRequest } from '../policy/decide-authorization-request.ts';
import type { Mode } from '../policy/mode.ts';
import { REASONS, type Reason } from '../policy/reason.ts';
import { DiscoveryFault } from '../upstream/discovery.ts';
import { createUpstreamClient } from '../upstream/upstream-client.ts';
import { UpstreamFault } from '../upstream/upstream-fault.ts';
import { UsageError } from './options.ts';

export type AskedUrl = { readonly host: string | undefined; readonly target: RequestTarget };

export type Verdict = {
  readonly clientId: string | undefined;
  /** `undefined`: the endpoints are unknown, so the URL is treated as an authorization request. */
  readonly endpoint: Endpoint | undefined;
  /** Where authorization requests go. */
  readonly authorizationPaths: readonly string[];
  readonly mode: Mode;
  /** `depends`: on the pushed request. `not_judged`: a different endpoint, or a client that is not judged. */
  readonly outcome: 'passes' | 'reported' | 'refused' | 'depends' | 'not_judged';
  readonly reason: Reason | undefined;
  /** The error description that the client would get. */
  readonly description: string | undefined;
  /** The percentage of such requests that is refused; the rest is accepted and reported. */
  readonly refusedPercent: number;
  /** When violations that are only reported now will be refused; ISO 8601. */
  readonly refusedFrom: string | undefined;
};

/** The timeout of discovery, in milliseconds. */
const PATIENCE = { connect: 3_000, response: 5_000 };

/** An absolute URL, or its path and query. */
export function readAuthorizeUrl(text: string): AskedUrl {
  const [, host] = /^https?:\/\/([^/?#\\@]+)(?=[/?])/i.exec(text) ?? [];
  const target =
    host === undefined && !text.startsWith('/') ? undefined : parseRequestTarget(text, host ?? '');
  if (target === undefined) {
    throw new UsageError('--url must be a URL such as https://login.example.com/authorize?client_id=…');
  }
  return { host, target };
}

/** What the gateway would do with a request, decided by the code that serves requests. */
export async function judgeUrl(
  { target }: AskedUrl,
  issuer: { readonly config: IssuerConfig; readonly clients: ClientRegistry },
  now: number,
): Promise<Verdict> {
  const { parameters, problems, hidden } = parseParameters(target.query ?? '');
  const [name, ...others] = new Set(parameters.all('client_id'));
  const certain = others.length === 0 && !hidden && !parameters.entries.some(([key]) => isLookalike(key));
  const clientId = others.length === 0 ? name : undefined;
  const listing = issuer.clients.find(clientId);
  const { policy } = listing;
  const mode = certain ? effectiveMode(policy, now) : issuer.clients.strictestMode(now);
  const endpoints = await endpointsOf(issuer.config);
  const { endpoint, resembles } = endpoints?.match(target.path) ?? {};
  const verdict = {
    clientId,
    endpoint,
    authorizationPaths: endpoints?.authorizationPaths ?? [],
    mode,
    reason: undefined,
    description: undefined,
    refusedPercent: certain ? policy.enforcePercent : 100,
    refusedFrom: undefined,
  };
  if (resembles !== undefined) {
    // At a path that some servers treat as a judged endpoint, the strictest mode of the issuer applies.
    const strictest = { ...verdict, mode: issuer.clients.strictestMode(now), refusedPercent: 100 };
    if (strictest.mode === 'off') return { ...strictest, outcome: 'not_judged' };
    return { ...strictest, ...violationIn(strictest.mode, 'path_ambiguous') };
  }
  if (mode === 'off' || (endpoint !== undefined && endpoint !== 'authorization')) {
    return { ...verdict, outcome: 'not_judged' };
  }
  if (problems.length === 0 && parameters.has('request_uri')) {
    return { ...verdict, outcome: 'depends' };
  }
  const judged = judgeRequest(parameters, { policy, mode });
  const reason =
    decideClientId(listing, clientId)?.reason ??
    problems[0]?.reason ??
    judged.problem?.reason ??
    decideAuthorizationRequest(judged.request, policy)?.reason;
  if (reason === undefined) return { ...verdict, outcome: 'passes' };
  const later =
    mode === 'report' && policy.enforceFrom !== undefined && effectiveMode(policy, policy.enforceFrom);
  return {
    ...verdict,
    ...violationIn(mode, reason),
    refusedFrom: later === 'enforce' ? new Date(policy.enforceFrom ?? 0).toISOString() : undefined,
  };
}

function violationIn(mode: Mode, reason: Reason): Pick<Verdict, 'outcome' | 'reason' | 'description'> {
  const outcome = mode === 'enforce' ? 'refused' : 'reported';
  return { outcome, reason, description: REASONS[reason].description };
}

/** As configured, or as discovered; `undefined` if discovery failed. */
async function endpointsOf(config: IssuerConfig): Promise<Endpoints | undefined> {
  const configured = configuredEndpoints(config);
  if (configured !== undefined) return configured;
  await using upstream = createUpstreamClient({ ...config.upstream, timeouts: PATIENCE });
  try {
    return new Endpoints((await discoverIssuer(upstream, config)).endpoints);
  } catch (error) {
    if (error instanceof UpstreamFault || error instanceof DiscoveryFault) return undefined;
    throw error;
  }
}
