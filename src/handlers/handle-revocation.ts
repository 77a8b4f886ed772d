import { parseClientIdentity } from '../oauth/client-identity.ts';
import { LAST_LOT } from '../policy/lot.ts';
import type { Exchange } from './exchange.ts';
import { handlePassThrough, refusesRedemption } from './handle-pass-through.ts';
import { identifyClient } from './identify-client.ts';
import { injectSecret } from './inject-secret.ts';
import { readMessage } from './read-message.ts';
import { sendUpstream } from './send-upstream.ts';

/** RFC 7009: nothing to judge, but a client whose secret the gateway holds could not revoke its tokens by itself. */
export async function handleRevocation(exchange: Exchange): Promise<void> {
  const { issuer, request } = exchange;
  if (!issuer.injectsSecrets || !isSmallPost(exchange)) return handlePassThrough(exchange);
  const message = await readMessage(exchange, { query: false });
  const identity = parseClientIdentity(message.hints, request.headers.authorization);
  const client = identifyClient(issuer, message, identity.names, Date.now(), LAST_LOT);
  const { parameters } = message;
  // Whatever else a server takes at this path, it is to get without our credentials.
  const revokes = message.problem === undefined && parameters.has('token') && !parameters.has('grant_type');
  const sent = revokes ? injectSecret(exchange, 'revocation', parameters, client, identity) : undefined;
  if (sent?.injected === true) {
    await sendUpstream(exchange, { body: sent.parameters.serialize(), authorization: sent.authorization });
    return;
  }
  const body = message.bodyAsSent();
  if (body instanceof Buffer && (await refusesRedemption(exchange, body))) return;
  await sendUpstream(exchange, { bodyAsSent: body });
}

/** Others need no credentials of ours; and what streams is for the pass-through to look at. */
function isSmallPost({ method, target, request, services }: Exchange): boolean {
  const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY);
  return method === 'POST' && target.query === undefined && length <= services.bodyLimits.size;
}
