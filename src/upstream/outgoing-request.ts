import type { RequestBody } from '../http/request-body.ts';
import type { Scope } from './callback-scope.ts';
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

export type ForwardOptions = {
  readonly inspect: Inspect;
  /** Whose share of the connections it takes: the client's address. */
  readonly client: string;
  readonly purpose: Purpose;
  /** Whether the upstream should answer although the client has gone: its answer settles something. */
  readonly outlivesClient?: boolean;
  readonly scope?: Scope;
  /** Goes to the client in place of what the upstream says under this name. */
  readonly requestId?: readonly [name: string, id: string];
};
