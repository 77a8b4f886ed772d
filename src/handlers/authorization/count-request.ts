import { usableMethod } from '../../oauth/authorization-request.ts';
import { subjectOf } from '../identify-client.ts';
import type { AuthorizationContext } from './authorization-context.ts';

/**
 * Counts an authorization request once, with any result. A post of a login or consent page to its own address is not a
 * new request.
 */
export function countRequest(context: AuthorizationContext): void {
  const { exchange, client, judged } = context;
  if (isPostedByPage(context)) return;
  exchange.services.events.authorizationRequested(subjectOf(exchange, client), usableMethod(judged.request));
}

/** A page of the server has posted to its own address: the query contains the client's request, and the body none of it. */
export function isPostedByPage({ message, merged }: AuthorizationContext): boolean {
  return message.body !== undefined && !message.body.isEmpty && !merged.inBody;
}
