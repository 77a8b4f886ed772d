import { LAST_DRAW } from '../../policy/client-policy.ts';
import type { Exchange } from '../exchange.ts';
import { identifyByCredentials } from '../identify-client.ts';
import { injectSecret } from '../inject-secret.ts';
import { bodyParametersOf } from '../message/message.ts';
import { readMessage } from '../message/read-message.ts';
import { sendUpstream } from '../send-upstream.ts';
import { refusesRedemption } from './find-redemption.ts';
import { handlePassThrough } from './handle-pass-through.ts';

/** RFC 7009: nothing to judge, but a client whose secret only the gateway has cannot revoke its tokens itself. */
export async function handleRevocation(exchange: Exchange): Promise<void> {
  if (!exchange.issuer.injectsSecrets || !isSmallPost(exchange)) return handlePassThrough(exchange);
  const message = await readMessage(exchange);
  if (await refusesRedemption(exchange)) return;
  const { identity, client } = identifyByCredentials(exchange, message, LAST_DRAW);
  const { body } = message;
  const parameters = bodyParametersOf(message);
  // Any other request at this path is forwarded without the gateway's credentials.
  const revokes =
    body?.problem === undefined &&
    body?.form.problems.length === 0 &&
    parameters.has('token') &&
    !parameters.has('grant_type');
  const sent = revokes ? injectSecret(exchange, 'revocation', parameters, client, identity) : undefined;
  if (sent !== undefined) {
    await sendUpstream(exchange, { body: sent.parameters.serialize(), authorization: sent.authorization });
  } else {
    await sendUpstream(exchange, { bodyAsSent: message.asSent() });
  }
}

/** Other clients need no credentials of the gateway; a streamed body is left to the pass-through. */
function isSmallPost({ method, target, request, services }: Exchange): boolean {
  const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY);
  return method === 'POST' && target.query === undefined && length <= services.bodyLimits.size;
}
