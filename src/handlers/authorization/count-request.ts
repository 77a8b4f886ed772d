import { usableMethod } from '../../oauth/authorization-request.ts';
import { subjectOf } from '../identify-client.ts';
import type { AuthorizationContext } from './authorization-context.ts';

/**
 * Counts an authorization request, whatever becomes of it: once. What a login or consent page posts to its own address is no
 * further request.
 */
export function countRequest({ exchange, message, merged, client, judged }: AuthorizationContext): void {
  const postedByPage = message.body !== undefined && !message.body.isEmpty && !merged.inBody;
  if (postedByPage) return;
  exchange.services.events.authorizationRequested(subjectOf(exchange, client), usableMethod(judged.request));
}
