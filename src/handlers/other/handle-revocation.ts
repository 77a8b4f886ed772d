import { parseClientIdentity } from '../../oauth/client-identity.ts';
import { Parameters } from '../../oauth/parameters.ts';
import { LAST_DRAW } from '../../policy/draw.ts';
import type { Exchange } from '../exchange.ts';
import { identifyClient } from '../identify-client.ts';
import { injectSecret } from '../inject-secret.ts';
import { hintsOf } from '../message/message.ts';
import { readMessage } from '../message/read-message.ts';
import { sendUpstream } from '../send-upstream.ts';
import { refusesRedemption } from './find-redemption.ts';
import { handlePassThrough } from './handle-pass-through.ts';

/** RFC 7009: nothing to judge, but a client whose secret the gateway holds could not revoke its tokens by itself. */
export async function handleRevocation(exchange: Exchange): Promise<void> {
  const { issuer, request } = exchange;
  if (!issuer.injectsSecrets || !isSmallPost(exchange)) return handlePassThrough(exchange);
  const message = await readMessage(exchange);
  if (refusesRedemption(exchange, message)) return;
  const identity = parseClientIdentity(new Parameters(hintsOf(message)), request.headers.authorization);
  const client = identifyClient(exchange, message, identity.names, LAST_DRAW);
  const { body } = message;
  const parameters = body?.form.parameters ?? new Parameters([]);
  // Whatever else a server takes at this path, it gets without our credentials.
  const revokes =
    body?.problem === undefined &&
    body?.form.problem === undefined &&
    parameters.has('token') &&
    !parameters.has('grant_type');
  const sent = revokes ? injectSecret(exchange, 'revocation', parameters, client, identity) : undefined;
  if (sent?.injected === true) {
    await sendUpstream(exchange, { body: sent.parameters.serialize(), authorization: sent.authorization });
  } else {
    await sendUpstream(exchange, { bodyAsSent: message.asSent() });
  }
}

/** Others need no credentials of ours; and what streams is for the pass-through to look at. */
function isSmallPost({ method, target, request, services }: Exchange): boolean {
  const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY);
  return method === 'POST' && target.query === undefined && length <= services.bodyLimits.size;
}
