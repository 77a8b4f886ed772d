import type { RequestBody } from '../http/request-body.ts';
import type { Purpose } from './connection-shares.ts';
import type { Inspect } from './outcome.ts';

export type OutgoingRequest = {
  readonly method: string;
  /** Origin form, with its query. */
  readonly path: string;
  /** A flat list of names and values. */
  readonly headers: string[];
  readonly body: RequestBody | Buffer | string | null;
};

/** Runs a step as a part of the request that it belongs to. */
export type Scope = <Result>(step: () => Result) => Result;

export type ForwardOptions = {
  readonly inspect: Inspect;
  /** The client's address, whose share of the connections the request uses. */
  readonly client: string;
  readonly purpose: Purpose;
  /** Whether the upstream should answer even if the client is gone, because its answer matters. */
  readonly outlivesClient?: boolean;
  /** For decisions: the upstream connection's callbacks run in the scope of the request that opened it. */
  readonly scope: Scope;
  /** Replaces the upstream's header of this name in the response. */
  readonly requestId?: readonly [name: string, id: string];
};
