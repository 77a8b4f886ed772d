import type { IssuerConfig } from '../config/config.ts';
import { configuredEndpoints, discoveryHost, metadataPlaces } from '../issuer/issuer.ts';
import { type NamedEndpoint, namedEndpoints } from '../oauth/metadata.ts';
import { documentsOf, issuerPathOf } from '../oauth/metadata-paths.ts';
import { DiscoveryFault, type FoundMetadata, findMetadata } from '../upstream/discovery.ts';
import type { UpstreamClient } from '../upstream/upstream-client.ts';
import { UpstreamFault } from '../upstream/upstream-fault.ts';
import { leadsToGateway } from './examined-upstream.ts';
import { type Finding, ok, printable, problem, unknown, warn } from './finding.ts';
import { isLoopback } from './loopback.ts';

/** Milliseconds of clock skew that cause a warning, and that make clients refuse tokens. */
const SKEW_SEEN = 10_000;
const SKEW_HARMFUL = 300_000;

export type DiscoveryReport = {
  readonly findings: readonly Finding[];
  readonly found: FoundMetadata | undefined;
  /** Whether it speaks HTTP. */
  readonly answers: boolean;
};

/** The upstream's metadata, and whether it matches the configuration. */
export async function probeDiscovery(config: IssuerConfig, client: UpstreamClient): Promise<DiscoveryReport> {
  const host = discoveryHost(config);
  const tried = `discovery, as ${host}`;
  const before = Date.now();
  try {
    const found = await findMetadata(client, host, metadataPlaces(config));
    const skew = judgeClock(found, (before + Date.now()) / 2);
    const findings = [
      ok(tried, found.path),
      skew,
      judgeIssuer(config, found),
      ...judgeEndpoints(config, found),
    ];
    return { findings, found, answers: true };
  } catch (error) {
    if (error instanceof UpstreamFault) {
      const advice = 'check that it is an HTTP server and that it runs';
      return { findings: [problem(tried, error.message, advice)], found: undefined, answers: false };
    }
    if (!(error instanceof DiscoveryFault)) throw error;
    const finding = await whyNotFound(tried, config, client, error);
    return { findings: [finding], found: undefined, answers: true };
  }
}

async function whyNotFound(
  tried: string,
  config: IssuerConfig,
  client: UpstreamClient,
  { problems }: DiscoveryFault,
): Promise<Finding> {
  if (discoveryHost(config) !== client.authority) {
    try {
      await findMetadata(client, client.authority, metadataPlaces(config));
      const advice = 'set `upstream.preserve_host: false`, or configure that host name at the server';
      return problem(
        tried,
        `no document; with the Host header ${client.authority} the server sends one`,
        advice,
      );
    } catch (error) {
      if (!(error instanceof UpstreamFault || error instanceof DiscoveryFault)) throw error;
    }
  }
  if (config.endpoints !== 'auto') return ok(tried, 'no document; the endpoints are configured');
  const seen = `no document: ${problems[0]}`;
  const advice =
    'configure the endpoints of the server under `endpoints`, or say where its document is (`discovery`, or --upstream with its issuer identifier)';
  return problem(tried, seen, advice);
}

function judgeClock({ headers }: FoundMetadata, here: number): Finding {
  const tried = "clock: the server's Date";
  const there = Date.parse(headers.date ?? '');
  // A cache in between sends the time at which it stored the answer.
  if (Number.isNaN(there) || headers.age !== undefined) {
    return unknown(tried, 'no usable Date header', 'compare the clocks by hand');
  }
  // The header has a resolution of one second.
  const skew = Math.round((there + 500 - here) / 1000);
  const seen = `${Math.abs(skew)} s ${skew < 0 ? 'behind' : 'ahead of'} this machine`;
  const advice =
    'synchronise both clocks (NTP): clients refuse tokens whose time is in the future or in the past';
  if (Math.abs(skew) * 1000 >= SKEW_HARMFUL) return problem(tried, seen, advice);
  return Math.abs(skew) * 1000 >= SKEW_SEEN ? warn(tried, seen, advice) : ok(tried, seen);
}

function judgeIssuer(config: IssuerConfig, { document, path }: FoundMetadata): Finding {
  const tried = 'issuer';
  const { issuer } = document;
  const url = typeof issuer === 'string' ? URL.parse(issuer) : null;
  if (url === null) return warn(tried, 'not a URL', 'OpenID Connect clients compare it and will refuse it');
  const seen = printable(String(issuer));
  if (!documentsOf(issuerPathOf(issuer)).includes(path)) {
    return warn(
      tried,
      `${seen}, but its document is at ${path}`,
      'clients that derive the address from the issuer look for the document elsewhere',
    );
  }
  if (!leadsToGateway(config, url)) {
    return warn(
      tried,
      `${seen}, which is neither the upstream nor public_url`,
      `if clients use ${url.origin}, set it as \`public_url\``,
    );
  }
  if (config.publicOrigin !== undefined && url.origin !== config.publicOrigin) {
    return warn(
      tried,
      `${seen}, but clients find its document at ${config.publicOrigin}`,
      'agents and all others that compare both (RFC 8414 3.3) refuse it: configure `public_url` as the issuer at the server',
    );
  }
  if (config.publicOrigin !== undefined) return ok(tried, seen);
  return ok(
    tried,
    `${seen}; clients that compare it with the address of its document need the gateway there`,
  );
}

function judgeEndpoints(config: IssuerConfig, { document }: FoundMetadata): Finding[] {
  const named = namedEndpoints(document);
  const elsewhere = new Set(named.map(({ url }) => url.origin));
  return named.map((endpoint) => judgeEndpoint(config, endpoint, elsewhere.size > 1));
}

const LABELS = {
  authorization_endpoint: 'authorization',
  token_endpoint: 'token',
  pushed_authorization_request_endpoint: 'pushed_authorization',
} as const;

function judgeEndpoint(config: IssuerConfig, { name, url }: NamedEndpoint, scattered: boolean): Finding {
  const seen = printable(url.href);
  const judgedAs = configuredEndpoints(config)?.match(url.pathname).endpoint;
  if (judgedAs !== undefined && judgedAs !== LABELS[name]) {
    return problem(
      name,
      `${seen} is not a configured endpoint`,
      `add ${printable(url.pathname)} to \`endpoints.${LABELS[name]}\`: requests to it are not judged`,
    );
  }
  if (!leadsToGateway(config, url)) {
    const origin = printable(url.origin);
    const add = `add ${origin} to \`upstream.origins\`, if it is this server`;
    if (scattered) return problem(name, `${seen}: a different origin than the other endpoints`, add);
    if (config.publicOrigin === undefined) {
      const advice = `clients that use the document go there: set \`public_url: ${origin}\` if that name leads to the gateway; else ${add}`;
      return warn(name, seen, advice);
    }
    return problem(
      name,
      `${seen}, which is not the gateway`,
      `clients that use the document bypass the gateway: ${add}`,
    );
  }
  // The gateway writes the public URL into the document.
  const { protocol, hostname } = new URL(config.publicOrigin ?? url);
  if (protocol !== 'https:' && !isLoopback(hostname))
    return warn(name, `${seen}, not https`, 'clients should not use it');
  return ok(name, seen);
}
