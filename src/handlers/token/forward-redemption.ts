import { PKCE_PARAMETERS } from '../../oauth/pkce.ts';
import type { Hold, Outcome } from '../../upstream/outcome.ts';
import type { ResponseHead } from '../../upstream/response-headers.ts';
import { injectSecret } from '../inject-secret.ts';
import { writeBody } from '../message/message.ts';
import { followResponse, publishOrigins } from '../response/follow-response.ts';
import { type SendOptions, sendUpstream, type UpstreamRequest } from '../send-upstream.ts';
import { holdForCodeHash } from './look-for-code-hash.ts';
import type { TokenContext } from './token-context.ts';

/** Forwards the redemption with the upstream's own code. The answer decides whether the code is spent. */
export async function forwardRedemption(context: TokenContext): Promise<'done'> {
  const { exchange, message, owner, claimed } = context;
  const query = owner.mode === 'enforce' ? message.query.parameters.serialize() : message.query.raw;
  claimed.send();
  const options: SendOptions = { settle: (head) => settle(context, head), outlivesClient: true };
  await sendUpstream(exchange, { query, ...outgoing(context) }, options);
  return 'done';
}

function outgoing(context: TokenContext): UpstreamRequest {
  const { exchange, message, parameters, claim, binding, owner, identity, named } = context;
  const unwrapped = claim.upstreamCode === '' ? parameters : parameters.with('code', claim.upstreamCode);
  const judged = binding.pkceForwarded ? unwrapped : unwrapped.without(...PKCE_PARAMETERS);
  // The gateway authenticates only for a client that proved, with its verifier, that it began the flow under this client_id.
  const proven =
    claim.outcome === 'claimed' && binding.codeChallenge !== undefined && named.clientId === binding.clientId;
  const sent = injectSecret(exchange, 'token', judged, { ...owner, certain: proven }, identity);
  const isChanged = sent !== undefined || claim.upstreamCode !== parameters.get('code');
  if (owner.mode === 'enforce' || (isChanged && claim.upstreamCode !== '')) {
    return { ...writeBody(message, sent?.parameters ?? judged), authorization: sent?.authorization };
  }
  return { bodyAsSent: message.asSent(binding.pkceForwarded ? undefined : PKCE_PARAMETERS) };
}

async function settle(context: TokenContext, head: ResponseHead): Promise<Outcome | Hold> {
  await context.claimed.settle(head.status);
  const { exchange } = context;
  const succeeded = head.status >= 200 && head.status < 300;
  if (!succeeded) return followResponse(exchange, head);
  return holdForCodeHash(context, publishOrigins(exchange, head));
}
