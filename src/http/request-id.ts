import { randomUUID } from 'node:crypto';
import type { Peer } from './peer.ts';

/** A request as its sender and the log name it. */
export type Identified = {
  readonly requestId: string;
  /** Headers of a response of the gateway itself. */
  readonly idHeaders: Readonly<Record<string, string>>;
};

/** `name`: the configured header, which these contain beside `X-Request-Id`. */
export function buildIdHeaders(name: string, requestId: string): Identified['idHeaders'] {
  const own = { 'X-Request-Id': requestId };
  return name.toLowerCase() === 'x-request-id' ? own : { ...own, [name]: requestId };
}

/** The id of a trusted proxy, else a new one. `name`: the configured header. */
export function identify({ requestId = randomUUID() }: Pick<Peer, 'requestId'>, name: string): Identified {
  return { requestId, idHeaders: buildIdHeaders(name, requestId) };
}
