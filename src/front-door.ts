import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { EndpointMatch } from './endpoints.ts';
import { Exchange, type Services, type Where } from './handlers/exchange.ts';
import { redeemsInQuery } from './handlers/handle-pass-through.ts';
import { answerFault } from './handlers/refuse.ts';
import { shareWithOrigin } from './handlers/share-with-origin.ts';
import { clientOf } from './http/client-address.ts';
import { buildCorsHeaders } from './http/cors.ts';
import { readHost } from './http/host.ts';
import { readPeer } from './http/peer.ts';
import { ClientGone, hasBody } from './http/read-body.ts';
import { BodyTooSlow } from './http/request-body.ts';
import { parseRequestTarget } from './http/request-target.ts';
import { breakOff, sendJson } from './http/respond.ts';
import type { TrustedProxies } from './http/trusted-proxies.ts';
import type { Issuer } from './issuer.ts';
import type { IssuerDirectory } from './issuer-directory.ts';
import { ROUTES } from './routes.ts';
import type { AnsweredRequest } from './telemetry/answered-request.ts';
import type { UnplacedCause } from './telemetry/events.ts';
import { buildRequestHeaders } from './upstream/request-headers.ts';
import { endWith, UpgradeProxy } from './upstream/upgrade.ts';
import { UpstreamFault } from './upstream/upstream-fault.ts';

type NotAdmitted = { readonly cause: keyof typeof REFUSALS; readonly issuer?: Issuer };

/** Where every request comes in: tells whose it is, hands it to its handler, and catches every fault. */
export class FrontDoor {
  readonly #services: Services;
  readonly #directory: IssuerDirectory<Issuer>;
  readonly #trusted: TrustedProxies;
  readonly #upgrades = new UpgradeProxy();

  constructor(services: Services, directory: IssuerDirectory<Issuer>, trusted: TrustedProxies) {
    this.#services = services;
    this.#directory = directory;
    this.#trusted = trusted;
  }

  async handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { events } = this.#services;
    // An answer is not given from within the parser, which does not know yet whether the request is complete, and whether it
    // can be read to its end.
    const admitted = await this.#admit(request);
    if ('cause' in admitted) {
      const { status, description } = REFUSALS[admitted.cause];
      shareWithApp(request, response, admitted.issuer);
      answerPlainly(response, status, description, this.#refuseUnplaced(request, admitted.cause));
      return;
    }
    const exchange = new Exchange(this.#services, request, response, admitted);
    events.requestBegan(exchange.requestId);
    try {
      if (!shareWithOrigin(exchange)) await ROUTES[exchange.endpoint](exchange);
    } catch (error) {
      handleFault(exchange, error);
    }
    events.requestEnded(answered(exchange));
  }

  async handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Until the proxy takes over, nobody else listens: a client that vanishes must not end the process.
    socket.on('error', () => socket.destroy());
    const admitted = await this.#admit(request);
    if (socket.destroyed) return;
    // A handshake has no body (RFC 6455 4.1): one that says it has would wait for an answer in vain.
    if ('cause' in admitted || isJudged(admitted) || hasBody(request)) {
      const cause = 'cause' in admitted ? admitted.cause : 'upgrade';
      const requestId = this.#refuseUnplaced(request, cause);
      endWith(socket, plainUpgradeAnswer(cause === 'upgrade' ? 400 : REFUSALS[cause].status, requestId));
      return;
    }
    const { claimed, peer, target } = admitted;
    const { issuer } = claimed;
    const requestId = peer.requestId ?? randomUUID();
    const { preserveHost } = issuer.config.upstream;
    const headers = buildRequestHeaders(request.rawHeaders, {
      peer,
      publicOrigin: issuer.config.publicOrigin ?? `${peer.scheme}://${peer.host}`,
      host: preserveHost ? (request.headers.host ?? '') : issuer.upstream.authority,
      requestId: [this.#trusted.requestIdHeader, requestId],
      body: 'as_sent',
    });
    request.url = target.query === undefined ? target.path : `${target.path}?${target.query}`;
    const client = clientOf(peer.address);
    const onFault = (fault: UpstreamFault) => {
      this.#services.events.upstreamFault(issuer.name, fault, requestId);
      return plainUpgradeAnswer(fault.status, requestId);
    };
    this.#upgrades.forward({ request, socket, head, headers, upstream: issuer.upstream, client, onFault });
  }

  async #admit(request: IncomingMessage): Promise<Where | NotAdmitted> {
    // Node's parser lets HTTP/0.9 and HTTP/2.0 in, whose messages end elsewhere, and would send them on as HTTP/1.1.
    if (request.httpVersionMajor !== 1) return { cause: 'version' };
    const host = readHost(request);
    const target = host === undefined ? undefined : parseRequestTarget(request.url ?? '', host);
    if (host === undefined) return { cause: 'host' };
    if (target === undefined) return { cause: 'target' };
    const issuers = this.#directory.issuersFor(host);
    if (issuers === undefined) return { cause: 'issuer_unknown' };
    const claimed = issuers.claim(target.path);
    if (claimed === undefined) return { cause: 'path_unknown' };
    const { issuer, rivals } = claimed;
    if (issuer.endpoints === undefined) await issuer.discover();
    const match =
      rivals.length > 0
        ? ambiguousMatch([issuer, ...rivals], target.path)
        : (issuer.endpoints?.match(target.path) ?? unmatched(issuer));
    if (match === undefined) return { cause: 'endpoints_unknown', issuer };
    return { claimed, peer: readPeer(request, this.#trusted), target, match };
  }

  /** What cannot be placed has neither issuer, client nor endpoint to be counted under. Returns its request id. */
  #refuseUnplaced(request: IncomingMessage, cause: UnplacedCause): string {
    const peer = readPeer(request, this.#trusted);
    const { address: clientAddress, requestId = randomUUID() } = peer;
    this.#services.events.unplacedRequest({ cause, requestId, clientAddress });
    return requestId;
  }
}

function answered(exchange: Exchange): AnsweredRequest {
  const { requestId, method, target, response, endpoint, issuer, peer } = exchange;
  return {
    requestId,
    method,
    path: target.path,
    status: response.statusCode,
    endpoint,
    issuer: issuer.name,
    clientAddress: peer.address,
    times: exchange.times(),
  };
}

/** Whether a request is one that a handler would look at. What an upgrade leads to, nobody looks at. */
function isJudged({ match, target }: Where): boolean {
  return match.endpoint !== 'other' || match.resembles !== undefined || redeemsInQuery(target.query);
}

function plainUpgradeAnswer(status: number, requestId: string): string {
  const headers = `Connection: close\r\nCache-Control: no-store\r\nX-Request-Id: ${requestId}\r\nContent-Length: 0`;
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}\r\n\r\n`;
}

/** Which endpoint was asked is unknown: an app of any client may read that it is to try again. */
function shareWithApp(request: IncomingMessage, response: ServerResponse, issuer: Issuer | undefined): void {
  const { origin } = request.headers;
  if (origin === undefined || !issuer?.corsOrigins.has(origin)) return;
  for (const [name, value] of Object.entries(buildCorsHeaders(origin))) response.setHeader(name, value);
}

/** Where no client, endpoint or issuer is known to answer for. */
function answerPlainly(
  response: ServerResponse,
  status: number,
  description: string,
  requestId: string,
): void {
  const error = status === 503 ? 'temporarily_unavailable' : 'invalid_request';
  const retry: Record<string, string> = status === 503 ? { 'Retry-After': '5' } : {};
  sendJson(
    response,
    status,
    { error, error_description: description },
    { 'X-Request-Id': requestId, ...retry },
  );
}

const REFUSALS = {
  version: { status: 505, description: 'only HTTP/1.1 and HTTP/1.0 are spoken here' },
  host: { status: 400, description: 'the Host of this request cannot be read in one way only' },
  target: { status: 400, description: 'this request target cannot be read in one way only' },
  issuer_unknown: { status: 421, description: 'no issuer is configured for this host' },
  path_unknown: { status: 404, description: 'no issuer is configured for this path' },
  endpoints_unknown: { status: 503, description: 'the authorization server has not told its endpoints yet' },
} as const;

/** Which requests to judge is unknown: nothing goes on where anything is enforced, everything where nothing is. */
function unmatched(issuer: Issuer): EndpointMatch | undefined {
  if (issuer.clients.strictestMode(Date.now()) === 'enforce') return undefined;
  return { endpoint: 'other', scope: '', resembles: undefined };
}

/** A path that may be another issuer's to the upstream is no endpoint to the gateway, whatever it looks like. */
function ambiguousMatch(issuers: readonly Issuer[], path: string): EndpointMatch {
  const matches = issuers.flatMap(({ endpoints }) => endpoints?.match(path) ?? []);
  const resembles = matches.map((match) => match.resembles).find((endpoint) => endpoint !== undefined);
  return { endpoint: 'other', scope: '', resembles: resembles ?? 'authorization' };
}

/** The one place where faults are caught. */
function handleFault(exchange: Exchange, error: unknown): void {
  const { response, services, issuer } = exchange;
  if (error instanceof ClientGone) {
    response.destroy();
    return;
  }
  if (error instanceof BodyTooSlow) {
    if (response.headersSent) breakOff(response);
    else answerPlainly(response, 408, error.message, exchange.requestId);
    return;
  }
  const upstreamFault = error instanceof UpstreamFault ? error : undefined;
  if (upstreamFault === undefined) services.events.internalError(error, exchange.requestId);
  else services.events.upstreamFault(issuer.name, upstreamFault, exchange.requestId);
  if (response.headersSent) breakOff(response);
  else answerOrEnd(exchange, upstreamFault?.status ?? 500);
}

/** Nobody is behind this one: what it threw would end the process, and with it the logins of all others. */
function answerOrEnd(exchange: Exchange, status: keyof typeof FAULTS): void {
  try {
    answerFault(exchange, status, FAULTS[status]);
  } catch (error) {
    exchange.services.events.internalError(error, exchange.requestId);
    breakOff(exchange.response);
  }
}

const FAULTS = {
  500: 'something went wrong here',
  502: 'the authorization server cannot be reached',
  503: 'too many requests wait for the authorization server',
  504: 'the authorization server did not answer in time',
} as const;
