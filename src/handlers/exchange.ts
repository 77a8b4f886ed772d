import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Endpoint, EndpointMatch, ProtectedEndpoint } from '../endpoints.ts';
import type { Flow } from '../flow/flow.ts';
import type { FlowStore } from '../flow/flow-store.ts';
import type { Peer } from '../http/peer.ts';
import type { BodyLimits } from '../http/read-body.ts';
import type { RequestTarget } from '../http/request-target.ts';
import type { Issuer } from '../issuer.ts';
import type { Claimed } from '../issuer-directory.ts';
import type { Events } from '../telemetry/events.ts';
import type { StateHashes } from './state-hashes.ts';

/** What every handler works with, made once. */
export type Services = {
  readonly store: FlowStore;
  readonly events: Events;
  readonly stateHashes: StateHashes;
  /** Of bodies that are read in order to be judged. */
  readonly bodyLimits: BodyLimits;
  /** The header that names a request. */
  readonly requestIdHeader: string;
};

/** Whose a request is, and what for. */
export type Where = {
  readonly claimed: Claimed<Issuer>;
  readonly peer: Peer;
  readonly target: RequestTarget;
  readonly match: EndpointMatch;
};

/** One request and its response on their way through the gateway. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly services: Services;
  readonly issuer: Issuer;
  readonly peer: Peer;
  readonly target: RequestTarget;
  readonly endpoint: Endpoint;
  /** What the placeholders of the endpoint's path took. */
  readonly scope: string;
  /** The endpoint for which some server would take the path (`path_ambiguous`). */
  readonly resembles: ProtectedEndpoint | undefined;
  /** The other issuers of the host of which some server could take this for a request (`path_ambiguous`). */
  readonly rivals: readonly Issuer[];
  /** The other issuers of the host that stand in front of the same server, which may not tell them apart. */
  readonly neighbours: readonly Issuer[];
  /** The other issuers, of whatever host, in front of the same server, which may take the codes of any for its own. */
  readonly sharers: readonly Issuer[];
  /** Milliseconds that the upstream took, and that the gateway took until the response head; set by `sendUpstream`. */
  upstreamTime: number | undefined;
  overhead: number | undefined;
  /** The flow that this request has begun, as the store has it: a server that knows its user may answer at once. */
  begun: { readonly prefix: string; readonly flow: Flow } | undefined;
  readonly startedAt = performance.now();
  readonly #where: Where;
  #requestId: string | undefined;

  constructor(
    services: Services,
    request: IncomingMessage,
    response: ServerResponse,
    where: Where,
    requestId?: string,
  ) {
    this.services = services;
    this.request = request;
    this.response = response;
    this.issuer = where.claimed.issuer;
    this.rivals = where.claimed.rivals;
    this.neighbours = where.claimed.neighbours;
    this.sharers = where.claimed.sharers;
    this.peer = where.peer;
    this.target = where.target;
    this.endpoint = where.match.endpoint;
    this.scope = where.match.scope;
    this.resembles = where.match.resembles;
    this.#where = where;
    this.#requestId = requestId;
  }

  /** The same exchange, taken for a neighbour's. */
  under(issuer: Issuer): Exchange {
    const claimed = { issuer, rivals: [], neighbours: [], sharers: [] };
    const where = { ...this.#where, claimed };
    return new Exchange(this.services, this.request, this.response, where, this.requestId);
  }

  /** Ties what a user sees to what the operator's log says. Made when first needed: most requests need none. */
  get requestId(): string {
    this.#requestId ??= this.peer.requestId ?? randomUUID();
    return this.#requestId;
  }

  /** scheme://host[:port] as the browser sees it. */
  get publicOrigin(): string {
    return this.issuer.config.publicOrigin ?? `${this.peer.scheme}://${this.peer.host}`;
  }

  /** Milliseconds, now that the response has left. */
  times(): { readonly total: number; readonly upstream?: number; readonly overhead?: number } {
    const total = performance.now() - this.startedAt;
    if (this.upstreamTime === undefined || this.overhead === undefined) return { total };
    return { total, upstream: this.upstreamTime, overhead: this.overhead };
  }

  get method(): string {
    return this.request.method ?? 'GET';
  }
}
