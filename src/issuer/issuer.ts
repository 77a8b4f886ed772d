import type { IssuerConfig } from '../config/config.ts';
import type { Peer } from '../http/peer.ts';
import type { AdvertisedPolicy, MetadataDocument } from '../oauth/metadata.ts';
import { allMetadataPaths, documentsOf } from '../oauth/metadata-paths.ts';
import { buildAdvertisedPolicy } from '../policy/advertised-policy.ts';
import { ClientRegistry } from '../policy/client-registry.ts';
import { mergePolicies } from '../policy/merge-policies.ts';
import type { Events } from '../telemetry/events.ts';
import { discoverPaths, requireBelow } from '../upstream/discover-paths.ts';
import {
  type Discovered,
  findMetadata,
  METADATA_PATHS,
  readUnjudgedPaths,
  type UnjudgedPaths,
} from '../upstream/discovery.ts';
import { createUpstreamClient, type UpstreamClient } from '../upstream/upstream-client.ts';
import { explainFailure } from '../upstream/upstream-fault.ts';
import { Endpoints } from './endpoints.ts';
import type { UpstreamKnowledge } from './upstream-knowledge.ts';

/** Milliseconds between attempts to discover the upstream: doubled from the first to the second. */
const FIRST_RETRY = 1_000;
const LAST_RETRY = 30_000;

/** Registers the clients as configured, in steps. */
export function registerClients({ clients }: IssuerConfig): Generator<void, ClientRegistry> {
  return ClientRegistry.build(mergePolicies(clients));
}

/** The configured endpoints; `undefined`: they are discovered. */
export function configuredEndpoints({ endpoints, paths }: IssuerConfig): Endpoints | undefined {
  if (endpoints === 'auto') return undefined;
  const metadata = allMetadataPaths([...endpoints.metadata, ...paths.flatMap(documentsOf)]);
  return new Endpoints({ ...endpoints, metadata });
}

/**
 * The upstream's metadata, including its endpoints if they are discovered. Throws a `DiscoveryFault` or an `UpstreamFault`.
 */
export async function discoverIssuer(upstream: UpstreamClient, config: IssuerConfig): Promise<Discovered> {
  const { endpoints, paths } = config;
  const host = discoveryHost(config);
  const places = metadataPlaces(config);
  if (paths.length === 0) return (await findMetadata(upstream, host, places)).discovered;
  const discovered = await discoverPaths(upstream, host, places, paths);
  if (endpoints === 'auto') requireBelow(paths, discovered.endpoints);
  return discovered;
}

/** Where its metadata may be: the configured paths, then those that `endpoints: auto` tries. */
export function metadataPlaces({ endpoints, paths, discovery }: IssuerConfig): readonly string[] {
  const usual = discovery ?? (paths.length === 0 ? METADATA_PATHS : paths.flatMap(documentsOf));
  return endpoints === 'auto' ? usual : [...endpoints.metadata, ...usual];
}

/** The Host header for metadata requests: the public host, if the upstream receives it and it is known. */
export function discoveryHost({ upstream, publicOrigin, hosts }: IssuerConfig): string {
  const own = new URL(upstream.origin).host;
  if (!upstream.preserveHost) return own;
  return publicOrigin === undefined ? (hosts[0] ?? own) : new URL(publicOrigin).host;
}

/** The settings that the knowledge depends on: with a different key, nothing is kept. */
export function knowledgeKey(config: IssuerConfig): string {
  const { upstream, endpoints, paths, discovery } = config;
  const { origin, preserveHost } = upstream;
  return JSON.stringify([origin, preserveHost, endpoints, paths, discovery, discoveryHost(config)]);
}

/** One upstream as configured, at run time. */
export class Issuer implements AsyncDisposable {
  readonly config: IssuerConfig;
  readonly name: string;
  readonly clients: ClientRegistry;
  readonly upstream: UpstreamClient;
  /** The origins of all clients, whose scripts may read responses of its endpoints. */
  readonly corsOrigins = new Set<string>();
  /** Whether the gateway authenticates to the upstream for any client. */
  injectsSecrets = false;
  /** `drop_parameters`: removed before judging. */
  readonly droppedParameters: ReadonlySet<string>;
  readonly #advertised: AdvertisedPolicy;
  readonly knowledge: UpstreamKnowledge;
  readonly #events: Events;
  #endpoints: Endpoints | undefined;
  /** Whether the upstream was asked successfully under this configuration. */
  #asked = false;
  #attempt: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #disposed = false;

  private constructor(
    config: IssuerConfig,
    clients: ClientRegistry,
    advertised: AdvertisedPolicy,
    events: Events,
    knowledge: UpstreamKnowledge,
  ) {
    this.config = config;
    this.knowledge = knowledge;
    this.name = config.name;
    this.clients = clients;
    this.upstream = createUpstreamClient(config.upstream);
    this.#events = events;
    this.#advertised = advertised;
    this.droppedParameters = new Set(config.dropParameters);
    this.#endpoints = configuredEndpoints(config);
    if (knowledge.discovered !== undefined) this.#take(knowledge.discovered);
  }

  /** Builds an issuer in steps, because it may have many clients. */
  static *build(config: IssuerConfig, events: Events, knowledge: UpstreamKnowledge): Generator<void, Issuer> {
    const clients = yield* registerClients(config);
    const advertised = yield* buildAdvertisedPolicy(clients.all(), config.metadata);
    const issuer = new Issuer(config, clients, advertised, events, knowledge);
    for (const { cors, injectSecret } of clients.all()) {
      for (const origin of cors.origins) issuer.corsOrigins.add(origin);
      issuer.injectsSecrets ||= injectSecret !== undefined;
      yield;
    }
    return issuer;
  }

  /** `undefined` until they are discovered. */
  get endpoints(): Endpoints | undefined {
    return this.#endpoints;
  }

  advertised(now: number): AdvertisedPolicy {
    return this.clients.enforcesAll(now) ? this.#advertised : { ...this.#advertised, narrowed: undefined };
  }

  /** scheme://host[:port] as the browser sees it. HTTP/1.0 needs no Host, and comes from no browser. */
  publicOriginFor({ scheme, host }: Peer): string {
    const { publicOrigin, upstream } = this.config;
    return publicOrigin ?? (host === '' ? upstream.origin : `${scheme}://${host}`);
  }

  /** The Host header for the upstream. `sent`: that of the client. */
  hostFor(sent: string | undefined): string {
    return this.config.upstream.preserveHost ? (sent ?? '') : this.upstream.authority;
  }

  /** Whether the upstream receives challenges and verifiers. */
  get forwardsPkce(): boolean {
    return this.config.forwardPkce === 'always';
  }

  /** Whether its metadata says that id_tokens may cover the code (`claims_supported`). */
  get statesCodeHash(): boolean {
    return this.knowledge.discovered?.statesCodeHash === true;
  }

  /** Its identifier, where its metadata says that authorization responses carry it (RFC 9207 2 and 3). */
  issFor(publicOrigin: string, realm: string): string | undefined {
    const learned = this.knowledge.issuers.get(issuerPlace(publicOrigin, realm));
    if (learned !== undefined) return learned;
    // With a different Host header or realm, the upstream may have a different issuer identifier.
    const { upstream, publicOrigin: fixed } = this.config;
    const isSame = realm === '' && (fixed !== undefined || !upstream.preserveHost);
    return isSame && this.knowledge.discovered?.advertisesIss === true
      ? this.knowledge.discovered.issuer
      : undefined;
  }

  /** How clients may authenticate there; `undefined`: the upstream has not said. */
  authMethods(endpoint: 'token' | 'revocation'): readonly string[] | undefined {
    return endpoint === 'token'
      ? this.knowledge.discovered?.tokenAuthMethods
      : this.knowledge.discovered?.revocationAuthMethods;
  }

  /** Learns from a metadata document under a public origin; each realm has its own document. */
  learn(document: MetadataDocument, publicOrigin: string, realm: string): void {
    const { issuer } = document;
    const advertisesIss = document['authorization_response_iss_parameter_supported'] === true;
    if (typeof issuer === 'string' && advertisesIss)
      this.knowledge.issuers.set(issuerPlace(publicOrigin, realm), issuer);
    this.#learnPaths(readUnjudgedPaths(document));
  }

  #take({ endpoints, unjudged }: Discovered): void {
    if (this.config.endpoints === 'auto') this.#endpoints = new Endpoints(endpoints);
    this.#learnPaths(unjudged);
  }

  #learnPaths(paths: UnjudgedPaths): void {
    this.#endpoints?.learn('jwks', paths.jwks);
    this.#endpoints?.learn('userinfo', paths.userinfo);
    this.#endpoints?.learn('revocation', paths.revocation);
  }

  /** Tries discovery once; after a failure, further attempts follow in the background. */
  discover(): Promise<void> {
    if (this.#asked || this.#disposed) return Promise.resolve();
    this.#attempt ??= this.#discoverOnce(FIRST_RETRY).finally(() => {
      this.#attempt = undefined;
    });
    return this.#attempt;
  }

  async #discoverOnce(retryIn: number): Promise<void> {
    clearTimeout(this.#retry);
    try {
      const discovered = await discoverIssuer(this.upstream, this.config);
      this.#asked = true;
      this.knowledge.discovered = discovered;
      this.#take(discovered);
      const { pushedAuthorization, ...paths } = discovered.endpoints;
      const named = { ...paths, pushed_authorization: pushedAuthorization };
      this.#events.discovered(this.name, discovered.challengeMethods, named);
    } catch (error) {
      if (this.#disposed) return;
      // With configured endpoints, the metadata is useful but not needed: many legacy servers have none.
      if (this.#endpoints === undefined) {
        this.#events.discoveryFailed(this.name, this.config.upstream.origin, explainFailure(error), retryIn);
      }
      this.#retry = setTimeout(
        () => void this.#discoverOnce(Math.min(retryIn * 2, LAST_RETRY)),
        retryIn,
      ).unref();
    }
  }

  /** Takes no new requests; resolves when those in flight are done. */
  async retire(): Promise<void> {
    this.#disposed = true;
    clearTimeout(this.#retry);
    await this.upstream.pool.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    clearTimeout(this.#retry);
    await this.upstream[Symbol.asyncDispose]();
  }
}

function issuerPlace(publicOrigin: string, realm: string): string {
  return `${publicOrigin} ${realm}`;
}
