import type { IssuerConfig } from '../config/config.ts';
import { type Endpoint, Endpoints } from '../endpoints.ts';
import { identifyClient } from '../handlers/identify-client.ts';
import { judgeParameters, violationOf } from '../handlers/judged-request.ts';
import { queryMessage } from '../handlers/read-message.ts';
import { parseRequestTarget, type RequestTarget } from '../http/request-target.ts';
import { configuredEndpoints, discoverIssuer } from '../issuer.ts';
import { parseParameters } from '../oauth/parameters.ts';
import { effectiveMode } from '../policy/client-policy.ts';
import type { ClientRegistry } from '../policy/client-registry.ts';
import { FIRST_LOT } from '../policy/lot.ts';
import type { Mode } from '../policy/mode.ts';
import type { Reason } from '../policy/reason.ts';
import { wireErrorFor } from '../policy/wire-error.ts';
import { DiscoveryFault } from '../upstream/discovery.ts';
import { createUpstreamClient } from '../upstream/upstream-client.ts';
import { UpstreamFault } from '../upstream/upstream-fault.ts';
import { UsageError } from './options.ts';

export type AskedUrl = { readonly host: string | undefined; readonly target: RequestTarget };

export type Verdict = {
  readonly clientId: string | undefined;
  /** `undefined`: the upstream has not told its endpoints, so that the URL is taken for an authorization request. */
  readonly endpoint: Endpoint | undefined;
  readonly mode: Mode;
  /** `depends`: on what was pushed before. `not_judged`: another endpoint, or a client that is not looked at. */
  readonly outcome: 'passes' | 'reported' | 'refused' | 'depends' | 'not_judged';
  readonly reason: Reason | undefined;
  /** What the client would be told. */
  readonly description: string | undefined;
  /** The share of such requests, in percent, that is refused where they are; the rest goes on and is reported. */
  readonly refusedPercent: number;
  /** From when on a violation is refused that is reported now; ISO 8601. */
  readonly refusedFrom: string | undefined;
};

/** Milliseconds that the upstream has to tell its endpoints. */
const PATIENCE = { connect: 3_000, response: 5_000 };

/** An absolute URL, or what stands behind its origin. */
export function readAuthorizeUrl(text: string): AskedUrl {
  const [, host] = /^https?:\/\/([^/?#\\@]+)(?=[/?])/i.exec(text) ?? [];
  const target =
    host === undefined && !text.startsWith('/') ? undefined : parseRequestTarget(text, host ?? '');
  if (target === undefined) {
    throw new UsageError(
      'explain: --url must be a URL such as https://login.example.com/authorize?client_id=…',
    );
  }
  return { host, target };
}

/** What the gateway would do with a request, found out by its own judges. */
export async function judgeUrl(
  { target }: AskedUrl,
  issuer: { readonly config: IssuerConfig; readonly clients: ClientRegistry },
  now: number,
): Promise<Verdict> {
  const message = queryMessage(parseParameters(target.query ?? ''));
  const { clientId, policy, mode, certain } = identifyClient(issuer, message, [], now, FIRST_LOT);
  const endpoints = await endpointsOf(issuer.config);
  const { endpoint, resembles } = endpoints?.match(target.path) ?? {};
  const verdict = {
    clientId,
    endpoint,
    mode,
    reason: undefined,
    description: undefined,
    refusedPercent: certain ? policy.enforcePercent : 100,
    refusedFrom: undefined,
  };
  if (resembles !== undefined) {
    // Whoever asks at what some servers would take for a judged endpoint, the issuer's strictest mode holds.
    const strictest = { ...verdict, mode: issuer.clients.strictestMode(now), refusedPercent: 100 };
    if (strictest.mode === 'off') return { ...strictest, outcome: 'not_judged' };
    return { ...strictest, ...violationIn(strictest.mode, 'path_ambiguous') };
  }
  if (mode === 'off' || (endpoint !== undefined && endpoint !== 'authorization')) {
    return { ...verdict, outcome: 'not_judged' };
  }
  if (message.problem === undefined && message.parameters.has('request_uri')) {
    return { ...verdict, outcome: 'depends' };
  }
  const reason = message.problem ?? violationOf(judgeParameters(message.parameters, policy), policy);
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
  return { outcome, reason, description: wireErrorFor(reason).description };
}

/** As configured, or as the upstream tells them; `undefined` where it does not. */
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
