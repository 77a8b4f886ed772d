import { StoreFault } from '../flow/flow-store.ts';
import { pushedRequestKey } from '../flow/keys.ts';
import type { PushedRequest } from '../flow/pushed-request.ts';
import { normalizeResponseType } from '../oauth/authorization-request.ts';
import type { Parameters } from '../oauth/parameters.ts';
import type { Exchange } from './exchange.ts';
import type { IdentifiedClient } from './identify-client.ts';
import { noteViolation } from './note-violation.ts';
import type { Message } from './read-message.ts';
import { answerFault, type ReturnAddress, refuseAuthorization } from './refuse.ts';

/** What a server must take from the pushed request, and some would take from beside its reference all the same. */
const SETTLED_BY_PUSH = [
  'code_challenge',
  'code_challenge_method',
  'redirect_uri',
  'request',
  'response_mode',
  'state',
];

/**
 * RFC 9126 4: an authorization request by reference to a pushed one. Its flow began when it was pushed, so that a
 * challenge beside the request_uri counts for nothing. Each reference is good for its own client, until a code comes of it:
 * many servers send the browser back after login with the very request_uri that they were given.
 */
export async function handlePushedReference(
  exchange: Exchange,
  message: Message,
  client: IdentifiedClient,
  address: ReturnAddress | undefined,
  sendOn: (parameters: Parameters) => Promise<void>,
): Promise<void> {
  const { issuer, services } = exchange;
  const requestUri = message.parameters.get('request_uri') ?? '';
  let pushed: PushedRequest | undefined;
  try {
    pushed = await services.store.loadPushedRequest(pushedRequestKey(issuer.name, requestUri));
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    const stopped = client.mode === 'enforce' && client.policy.onStoreFailure === 'reject';
    if (stopped) return answerFault(exchange, 503, 'the sign-in cannot be checked right now');
    return sendOn(message.parameters);
  }
  if (pushed !== undefined && pushed.clientId === client.clientId && pushed.scope === exchange.scope) {
    return sendOn(message.parameters.without(...SETTLED_BY_PUSH, ...unjudgedResponseType(message, client)));
  }
  if (noteViolation(exchange, 'authorization', 'request_uri_unknown', client)) {
    return refuseAuthorization(exchange, 'request_uri_unknown', client.policy, address);
  }
  return sendOn(message.parameters);
}

/** Servers of OpenID Connect may want one here all the same (Core 6.1); one that the client may not use is none of its push. */
function unjudgedResponseType({ parameters }: Message, { policy }: IdentifiedClient): readonly string[] {
  const responseType = normalizeResponseType(parameters.get('response_type') ?? '');
  return policy.responseTypes.includes(responseType) ? [] : ['response_type'];
}
