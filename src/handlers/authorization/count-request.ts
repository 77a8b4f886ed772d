import { usableMethod } from '../../oauth/authorization-request.ts';
import { subjectOf } from '../identify-client.ts';
import type { AuthorizationContext } from './authorization-context.ts';

/**
 * Counts an authorization request, whatever becomes of it: once. What a login or consent page posts to its own address is no
 * further request.
 */
export function countRequest(context: AuthorizationContext): void {
  const { exchange, client, judged } = context;
  if (isPostedByPage(context)) return;
  exchange.services.events.authorizationRequested(subjectOf(exchange, client), usableMethod(judged.request));
}

/** A page of the server's own has posted to its address: the query holds the client's request, the body nothing of it. */
export function isPostedByPage({ message, merged }: AuthorizationContext): boolean {
  return message.body !== undefined && !message.body.isEmpty && !merged.inBody;
}
