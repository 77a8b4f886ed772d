import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Peer } from '../http/peer.ts';
import type { BodyLimits } from '../http/read-body.ts';
import { buildIdHeaders } from '../http/request-id.ts';
import type { RequestTarget } from '../http/request-target.ts';
import type { Endpoint, EndpointMatch, ProtectedEndpoint } from '../issuer/endpoints.ts';
import type { Issuer } from '../issuer/issuer.ts';
import type { Claimed } from '../issuer/issuer-directory.ts';
import type { UpstreamGroup } from '../issuer/upstream-group.ts';
import type { Reason } from '../policy/reason.ts';
import type { FlowStore, LiveFlow } from '../store/flow-store.ts';
import type { AnsweredRequest } from '../telemetry/answered-request.ts';
import type { Events } from '../telemetry/events.ts';
import { keepScope } from '../telemetry/request-scope.ts';
import type { Subject } from '../telemetry/subject.ts';
import type { ResponseHead } from '../upstream/response-headers.ts';
import type { SeenTraits } from './seen-traits.ts';

/** What every handler uses, created once. */
export type Services = {
  readonly store: FlowStore;
  readonly events: Events;
  readonly traits: SeenTraits;
  /** The limits of bodies that are read to be judged. */
  readonly bodyLimits: BodyLimits;
  /** The header with the request id. */
  readonly requestIdHeader: string;
};

/** The issuer and endpoint of a request. */
export type Where = {
  readonly claimed: Claimed<Issuer>;
  readonly group: UpstreamGroup;
  readonly peer: Peer;
  readonly target: RequestTarget;
  readonly match: EndpointMatch;
};

/** The flow of this request: it began it, or re-entered it. */
export type OwnFlow = LiveFlow & {
  /** `undefined`: the flow is found by the client's own state. */
  readonly prefix: string | undefined;
};

/** One request and its response. */
export class Exchange {
  readonly services: Services;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly issuer: Issuer;
  /** The issuers before the same upstream, which share records. */
  readonly group: UpstreamGroup;
  readonly peer: Peer;
  readonly target: RequestTarget;
  readonly endpoint: Endpoint;
  /** The values of the placeholders in the endpoint's path. */
  readonly realm: string;
  /** The endpoint that some servers would read in the path (`path_ambiguous`). */
  readonly resembles: ProtectedEndpoint | undefined;
  /** The issuers of the host, if some servers could assign the path to a different issuer. */
  readonly rivals: readonly Issuer[];
  /** Milliseconds that the upstream took, and that the gateway took until the response head; set by `sendUpstream`. */
  upstreamTime: number | undefined;
  overhead: number | undefined;
  /** Of the upstream's response, once it arrived. */
  upstreamHead: ResponseHead | undefined;
  /** The rule that this token request broke, in report. It counts against the client if its code is known, or the server accepts the request. */
  reported: { readonly subject: Subject; readonly reason: Reason } | undefined;
  /** Available if the server answers the request that began the flow with its code. */
  flow: OwnFlow | undefined;
  /** The beginning of the body, as far as it was read. */
  sentText = '';
  readonly startedAt = performance.now();
  /** Runs a step as a part of this request, from a callback of the connection to the upstream. */
  readonly inScope = keepScope();
  #requestId: string | undefined;

  constructor(services: Services, request: IncomingMessage, response: ServerResponse, where: Where) {
    this.services = services;
    this.request = request;
    this.response = response;
    this.issuer = where.claimed.issuer;
    this.rivals = where.claimed.rivals;
    this.group = where.group;
    this.peer = where.peer;
    this.target = where.target;
    this.endpoint = where.match.endpoint;
    this.realm = where.match.realm;
    this.resembles = where.match.resembles;
  }

  /** Connects what a user sees with the operator's log. Created when first needed: most requests need none. */
  get requestId(): string {
    this.#requestId ??= this.peer.requestId ?? randomUUID();
    return this.#requestId;
  }

  get idHeaders(): Readonly<Record<string, string>> {
    return buildIdHeaders(this.services.requestIdHeader, this.requestId);
  }

  /** scheme://host[:port] as the browser sees it. */
  get publicOrigin(): string {
    return this.issuer.publicOriginFor(this.peer);
  }

  get method(): string {
    return this.request.method ?? 'GET';
  }

  /** Counts the reported violation against its client. */
  countReported(): void {
    if (this.reported === undefined) return;
    this.services.events.violationCounted(this.reported.subject, this.reported.reason);
    this.reported = undefined;
  }

  /** Counts the exchange, after the response was sent. */
  end(): void {
    const status = this.upstreamHead?.status ?? 0;
    if (status >= 200 && status < 300) this.countReported();
    this.services.events.requestEnded(this.#answered());
  }

  /** The log and metric data of the exchange, after the response was sent. */
  #answered(): AnsweredRequest {
    return {
      requestId: this.requestId,
      method: this.method,
      path: this.target.path,
      status: this.response.statusCode,
      endpoint: this.endpoint,
      issuer: this.issuer.name,
      clientAddress: this.peer.address,
      times: {
        total: performance.now() - this.startedAt,
        upstream: this.upstreamTime,
        overhead: this.overhead,
      },
    };
  }
}
