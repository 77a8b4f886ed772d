import type { IssuerConfig } from '../config/config.ts';
import { configuredEndpoints, discoveryHost, metadataPlaces } from '../issuer/issuer.ts';
import { type NamedEndpoint, namedEndpoints } from '../oauth/metadata.ts';
import { documentsOf, issuerPathOf } from '../oauth/metadata-paths.ts';
import { isLoopbackHost } from '../oauth/redirect-uri.ts';
import { DiscoveryFault, type FoundMetadata, findMetadata } from '../upstream/discovery.ts';
import type { UpstreamClient } from '../upstream/upstream-client.ts';
import { adviceOnFault, UpstreamFault } from '../upstream/upstream-fault.ts';
import { forwardsPkce, leadsToGateway } from './examined-upstream.ts';
import { about, type Finding, printable } from './finding.ts';

/** Milliseconds of clock skew that cause a warning, and that make clients refuse tokens. */
const SKEW_SEEN = 10_000;
const SKEW_HARMFUL = 300_000;

/** The upstream's metadata, and whether it matches the configuration. `answers`: whether it speaks HTTP. */
export async function probeDiscovery(config: IssuerConfig, client: UpstreamClient) {
  const host = discoveryHost(config);
  const { ok, problem } = about(`discovery, as ${host}`);
  const before = Date.now();
  try {
    const found = await findMetadata(client, host, metadataPlaces(config));
    const skew = judgeClock(found, (before + Date.now()) / 2);
    const findings = [
      ok(found.path),
      skew,
      judgeIssuer(config, found),
      ...judgeEndpoints(config, found),
      judgeMethods(config, found),
    ];
    return { findings, found, answers: true };
  } catch (error) {
    if (error instanceof UpstreamFault) {
      return {
        findings: [problem(error.message, adviceOnFault(error))],
        found: undefined,
        answers: false,
      };
    }
    if (!(error instanceof DiscoveryFault)) throw error;
    return { findings: [await whyNotFound(config, client, error)], found: undefined, answers: true };
  }
}

async function whyNotFound(
  config: IssuerConfig,
  client: UpstreamClient,
  { problems }: DiscoveryFault,
): Promise<Finding> {
  const host = discoveryHost(config);
  const { ok, problem } = about(`discovery, as ${host}`);
  if (host !== client.authority) {
    try {
      await findMetadata(client, client.authority, metadataPlaces(config));
      const seen = `no document; with the Host header ${client.authority} the server sends one`;
      return problem(seen, 'set `upstream.preserve_host: false`, or configure that host name at the server');
    } catch (error) {
      if (!(error instanceof UpstreamFault || error instanceof DiscoveryFault)) throw error;
    }
  }
  if (config.endpoints !== 'auto') return ok('no document; the endpoints are configured');
  const otherHost =
    config.publicOrigin === undefined
      ? '; if it answers only under the host name that clients use, say so (`public_url`, or --public-url)'
      : '';
  const advice = `configure the endpoints of the server under \`endpoints\`, or say where its document is (\`discovery\`, or --upstream with its issuer identifier)${otherHost}`;
  return problem(`no document: ${problems[0]}`, advice);
}

function judgeClock({ headers }: FoundMetadata, here: number): Finding {
  const { ok, problem, unknown, warn } = about("clock: the server's Date");
  const there = Date.parse(headers.date ?? '');
  // A cache in between sends the time at which it stored the answer.
  if (Number.isNaN(there) || headers.age !== undefined) {
    return unknown('no usable Date header', 'compare the clocks by hand');
  }
  // The header has a resolution of one second.
  const skew = Math.round((there + 500 - here) / 1000);
  const seen = `${Math.abs(skew)} s ${skew < 0 ? 'behind' : 'ahead of'} this machine`;
  const advice =
    'synchronise both clocks (NTP): clients refuse tokens whose time is in the future or in the past';
  if (Math.abs(skew) * 1000 >= SKEW_HARMFUL) return problem(seen, advice);
  return Math.abs(skew) * 1000 >= SKEW_SEEN ? warn(seen, advice) : ok(seen);
}

function judgeIssuer(config: IssuerConfig, { document, path }: FoundMetadata): Finding {
  const { ok, warn } = about('issuer');
  const { issuer } = document;
  const url = typeof issuer === 'string' ? URL.parse(issuer) : null;
  if (url === null) return warn('not a URL', 'OpenID Connect clients compare it and will refuse it');
  const seen = printable(String(issuer));
  if (!documentsOf(issuerPathOf(issuer)).includes(path)) {
    return warn(
      `${seen}, but its document is at ${path}`,
      'clients that derive the address from the issuer look for the document elsewhere',
    );
  }
  if (!leadsToGateway(config, url)) {
    return warn(
      `${seen}, which is neither the upstream nor public_url`,
      `if clients use ${url.origin}, set it as \`public_url\``,
    );
  }
  if (config.publicOrigin !== undefined && url.origin !== config.publicOrigin) {
    return warn(
      `${seen}, but clients find its document at ${config.publicOrigin}`,
      'agents and all others that compare both (RFC 8414 3.3) refuse it: configure `public_url` as the issuer at the server',
    );
  }
  if (config.publicOrigin !== undefined) return ok(seen);
  return ok(`${seen}; clients that compare it with the address of its document need the gateway there`);
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
  const { ok, problem, warn } = about(name);
  const seen = printable(url.href);
  const judgedAs = configuredEndpoints(config)?.match(url.pathname).endpoint;
  if (judgedAs !== undefined && judgedAs !== LABELS[name]) {
    const advice = `add ${printable(url.pathname)} to \`endpoints.${LABELS[name]}\`: requests to it are not judged`;
    return problem(`${seen} is not a configured endpoint`, advice);
  }
  if (!leadsToGateway(config, url)) {
    const origin = printable(url.origin);
    const add = `add ${origin} to \`upstream.origins\`, if it is this server`;
    if (scattered) return problem(`${seen}: a different origin than the other endpoints`, add);
    if (config.publicOrigin !== undefined)
      return problem(
        `${seen}, which is not the gateway`,
        `clients that use the document bypass the gateway: ${add}`,
      );
    const advice = `clients that use the document go there: set \`public_url: ${origin}\` if that name leads to the gateway; else ${add}`;
    return warn(seen, advice);
  }
  // Else the gateway writes public_url into the document, and `probeIssuerConfig` judges that.
  if (config.publicOrigin === undefined && url.protocol !== 'https:' && !isLoopbackHost(url.hostname))
    return warn(`${seen}, not https`, 'clients should not use it');
  return ok(seen);
}

/** What it says about PKCE, and what the gateway does. */
function judgeMethods(config: IssuerConfig, { document }: FoundMetadata): Finding {
  const { ok, warn } = about('metadata: code_challenge_methods_supported');
  const methods = document['code_challenge_methods_supported'];
  const names = Array.isArray(methods) ? methods.map(String) : [];
  const forwarded = forwardsPkce(config) ? 'go on to it' : 'stay at the gateway';
  if (names.length === 0) return ok(`says nothing of PKCE; challenge and verifier ${forwarded}`);
  const seen = `${printable(names.join(', '))}; challenge and verifier ${forwarded}`;
  if (!names.includes('S256') && forwardsPkce(config)) {
    const advice = 'without S256 there it may refuse what clients send: set `forward_pkce: never`';
    return warn(seen, advice);
  }
  return ok(seen);
}
