import { normalizeResponseType } from '../../oauth/authorization-request.ts';
import {
  type FoundPushedRequest,
  type PushedRequest,
  StoreFault,
  storeFault,
} from '../../store/flow-store.ts';
import type { Exchange } from '../exchange.ts';
import { forwardAsSent } from '../forward-as-sent.ts';
import { followResponse } from '../response/follow-response.ts';
import type { Progress } from '../run-steps.ts';
import { mayBeOfReport } from '../without-records.ts';
import { withoutStore } from '../without-store.ts';
import type { AuthorizationContext } from './authorization-context.ts';
import { forwardRequest } from './forward-request.ts';
import { ownNameOf, withOwnName } from './pushed-request-cookie.ts';
import { refuseIfEnforced } from './refuse-if-enforced.ts';

/** Parameters that a server must take from the pushed request, although some servers read them beside the request_uri. */
const SETTLED_BY_PUSH = [
  'code_challenge',
  'code_challenge_method',
  'redirect_uri',
  'request',
  'response_mode',
  'state',
];

/**
 * RFC 9126 4: an authorization request that refers to a pushed one. Its flow began with the push, so a challenge beside the
 * request_uri is ignored. A request_uri is valid for its client until it expires, because many servers send the browser back
 * after login with the same request_uri.
 */
export function enterPushedRequest(context: AuthorizationContext): Progress | Promise<Progress> {
  const requestUri = context.merged.parameters.get('request_uri');
  return requestUri === undefined ? undefined : enter(context, requestUri);
}

async function enter(context: AuthorizationContext, requestUri: string): Promise<Progress> {
  const { exchange, client } = context;
  const pushed = await findPushedRequest(exchange, requestUri).catch(storeFault);
  if (pushed instanceof StoreFault) return withoutStore(exchange, client) ?? forwardAsSent(context);
  if (pushed !== undefined && isItsRequest(context, pushed)) {
    const responseType = normalizeResponseType(context.merged.parameters.get('response_type') ?? '');
    // OpenID Connect servers may require response_type here too (Core 6.1); it is dropped if the client may not use it.
    const beside = client.policy.responseTypes.includes(responseType) ? [] : ['response_type'];
    return forwardRequest(context, {
      mode: pushed.mode,
      dropped: [...SETTLED_BY_PUSH, ...beside],
      requestUri: pushed.requestUri === requestUri ? undefined : pushed.requestUri,
      settle: (head) => followResponse(exchange, withOwnName(exchange, head, requestUri, pushed)),
    });
  }
  const isViolation = context.violation === undefined && !mayBeOfReport(exchange, client);
  const refused = isViolation ? refuseIfEnforced(context, { reason: 'request_uri_unknown' }) : undefined;
  return refused ?? forwardAsSent(context);
}

/** Finds it by the client's request_uri, or by the upstream's if the browser returns from its login. */
async function findPushedRequest(
  exchange: Exchange,
  requestUri: string,
): Promise<FoundPushedRequest | undefined> {
  const { group, services } = exchange;
  const pushed = await services.store.findPushedRequest(group.key, requestUri);
  if (pushed !== undefined || services.store.keepsRecords) return pushed;
  const own = ownNameOf(exchange, requestUri);
  const known = own === undefined ? undefined : await services.store.findPushedRequest(group.key, own);
  return known?.requestUri === requestUri ? known : undefined;
}

/** A pushed request that a laxer issuer before the same server judged counts as unknown if the client is enforced. */
function isItsRequest({ exchange, client }: AuthorizationContext, pushed: PushedRequest): boolean {
  if (pushed.clientId !== client.clientId) return false;
  return pushed.issuer === exchange.issuer.name || pushed.mode === 'enforce' || client.mode !== 'enforce';
}
