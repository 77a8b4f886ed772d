import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { answerFailure } from './handlers/answer-failure.ts';
import { handleAuthorizationRequest } from './handlers/authorization/handle-authorization-request.ts';
import { Exchange, type Services, type Where } from './handlers/exchange.ts';
import { handlePreflight, isPreflight } from './handlers/handle-preflight.ts';
import { handleMetadata } from './handlers/other/handle-metadata.ts';
import { handlePassThrough } from './handlers/other/handle-pass-through.ts';
import { handleRevocation } from './handlers/other/handle-revocation.ts';
import { handleUpgrade } from './handlers/other/handle-upgrade.ts';
import { handlePushedAuthorization } from './handlers/pushed-authorization/handle-pushed-authorization.ts';
import { shareWithOrigin } from './handlers/share-with-origin.ts';
import { handleTokenRequest } from './handlers/token/handle-token-request.ts';
import { answerUnroutable, type Unroutable } from './handlers/unroutable.ts';
import { readHost } from './http/host.ts';
import { readPeer, untrustedProxyOf } from './http/peer.ts';
import { identify } from './http/request-id.ts';
import { parseRequestTarget } from './http/request-target.ts';
import type { TrustedProxies } from './http/trusted-proxies.ts';
import type { Endpoint } from './issuer/endpoints.ts';
import type { Issuer } from './issuer/issuer.ts';
import { type IssuerDirectory, matchPath } from './issuer/issuer-directory.ts';
import type { UpstreamGroup } from './issuer/upstream-group.ts';
import type { UnroutableCause } from './telemetry/events.ts';
import { runOutsideScopes } from './telemetry/request-scope.ts';
import type { UpgradeProxy } from './upstream/upgrade.ts';

/** Request → endpoint → its steps. */
const HANDLERS: Readonly<Record<Endpoint, (exchange: Exchange) => Promise<void>>> = {
  authorization: handleAuthorizationRequest,
  pushed_authorization: handlePushedAuthorization,
  token: handleTokenRequest,
  revocation: handleRevocation,
  metadata: handleMetadata,
  jwks: handlePassThrough,
  userinfo: handlePassThrough,
  other: handlePassThrough,
};

export type RouterOptions = {
  readonly services: Services;
  readonly directory: IssuerDirectory<Issuer>;
  readonly groups: ReadonlyMap<Issuer, UpstreamGroup>;
  readonly trusted: TrustedProxies;
};

/** The entry point of every request: finds its issuer and endpoint, calls the handler, and answers faults that no step handled. */
export class Router {
  readonly #options: RouterOptions;
  #upgrades: Promise<UpgradeProxy> | undefined;
  #hasWarned = false;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  async handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { services } = this.#options;
    const route = await this.#route(request);
    if ('cause' in route) {
      answerUnroutable(services.events, response, this.#unroutable(request, route));
      return;
    }
    const exchange = new Exchange(services, request, response, route);
    services.events.requestBegan(exchange.requestId);
    try {
      shareWithOrigin(exchange);
      await (isPreflight(exchange) ? handlePreflight(exchange) : HANDLERS[exchange.endpoint](exchange));
    } catch (error) {
      answerFailure(exchange, error);
    }
    exchange.end();
  }

  async handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Until the proxy takes over, there is no other error listener: a client that disconnects must not end the process.
    socket.on('error', () => socket.destroy());
    const [route, upgrades] = await Promise.all([this.#route(request), this.#upgradeProxy()]);
    if (socket.destroyed) return;
    const { events } = this.#options.services;
    const where = 'cause' in route ? this.#unroutable(request, route) : route;
    const { requestIdHeader } = this.#options.services;
    handleUpgrade({ events, requestIdHeader, upgrades, request, socket, head, where });
  }

  /** Loaded with the first upgrade: few servers use any. */
  #upgradeProxy(): Promise<UpgradeProxy> {
    this.#upgrades ??= import('./upstream/upgrade.ts').then((module) => new module.UpgradeProxy());
    return this.#upgrades;
  }

  async #route(request: IncomingMessage): Promise<Where | { cause: UnroutableCause; issuer?: Issuer }> {
    // Node's parser accepts HTTP/0.9 and HTTP/2.0, whose messages are framed differently, and would forward them as HTTP/1.1.
    if (request.httpVersionMajor !== 1) return { cause: 'version' };
    const host = readHost(request);
    if (host === undefined) return { cause: 'host' };
    const target = parseRequestTarget(request.url ?? '', host);
    if (target === undefined) return { cause: 'target' };
    const { directory, groups, trusted } = this.#options;
    this.#warnOfIgnoredHeaders(request);
    const issuers = directory.issuersFor(host);
    if (issuers === undefined) return { cause: 'issuer_unknown' };
    const claimed = issuers.claim(target.path);
    if (claimed === undefined) return { cause: 'path_unknown' };
    const { issuer } = claimed;
    if (issuer.endpoints === undefined) await runOutsideScopes(() => issuer.discover());
    const group = groups.get(issuer) as UpstreamGroup;
    const match = matchPath(claimed, target.path) ?? unmatched(group);
    if (match === undefined) return { cause: 'endpoints_unknown', issuer };
    return { claimed, group, peer: readPeer(request, trusted), target, match };
  }

  /** Once, because clients may send such headers too. Without the warning, a forgotten proxy shows only in wrong URLs. */
  #warnOfIgnoredHeaders(request: IncomingMessage): void {
    if (this.#hasWarned) return;
    const { services, trusted } = this.#options;
    const proxy = untrustedProxyOf(request, trusted);
    if (proxy === undefined) return;
    this.#hasWarned = true;
    services.events.forwardedHeadersIgnored(proxy);
  }

  #unroutable(
    request: IncomingMessage,
    route: { readonly cause: UnroutableCause; readonly issuer?: Issuer },
  ): Unroutable {
    const { services, trusted } = this.#options;
    const peer = readPeer(request, trusted);
    return { ...route, request, clientAddress: peer.address, ...identify(peer, services.requestIdHeader) };
  }
}

/** Without endpoints, it is unknown which requests to judge: all are answered with a fault if any client is enforced, else all pass. */
function unmatched(group: UpstreamGroup): Where['match'] | undefined {
  if (group.strictestMode(Date.now()) === 'enforce') return undefined;
  return { endpoint: 'other', realm: '', resembles: undefined };
}
