import { usableMethod } from '../oauth/authorization-request.ts';
import type { Exchange } from './exchange.ts';
import { type IdentifiedClient, subjectOf } from './identify-client.ts';
import type { JudgedRequest } from './judged-request.ts';

/** Counts an authorization request, or a pushed one, whatever becomes of it: once, for a flow is re-entered without. */
export function noteRequest(exchange: Exchange, { request }: JudgedRequest, client: IdentifiedClient): void {
  const { issuer, services } = exchange;
  services.events.authorizationRequested(subjectOf(issuer, client), usableMethod(request));
}
