import type { Endpoint } from './endpoints.ts';
import type { Exchange } from './handlers/exchange.ts';
import { handleAuthorizationRequest } from './handlers/handle-authorization-request.ts';
import { handleMetadata } from './handlers/handle-metadata.ts';
import { handlePassThrough } from './handlers/handle-pass-through.ts';
import { handlePushedAuthorization } from './handlers/handle-pushed-authorization.ts';
import { handleRevocation } from './handlers/handle-revocation.ts';
import { handleTokenRequest } from './handlers/handle-token-request.ts';

type Handler = (exchange: Exchange) => Promise<void>;

/**
 * The journey of every request:
 *
 * 1. `http/listener.ts` accepts it, within the limits.
 * 2. `front-door.ts` tells whose it is: the request target and the Host header give issuer and endpoint.
 * 3. `handlers/share-with-origin.ts` answers preflights of apps in the browser, and lets them read what follows.
 * 4. This table gives its handler: read the message → whose policy → decide → act.
 * 5. `handlers/send-upstream.ts` sends it on; headers are cleaned in both directions.
 * 6. `handlers/follow-response.ts` looks at every response, of every row, for a code on its way to a client.
 */
export const ROUTES: Readonly<Record<Endpoint, Handler>> = {
  authorization: handleAuthorizationRequest,
  pushed_authorization: handlePushedAuthorization,
  token: handleTokenRequest,
  revocation: handleRevocation,
  metadata: handleMetadata,
  jwks: handlePassThrough,
  userinfo: handlePassThrough,
  other: handlePassThrough,
};
