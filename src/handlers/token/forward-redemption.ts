import { changeRawParameters } from '../../oauth/change-parameters.ts';
import type { Hold, Outcome } from '../../upstream/outcome.ts';
import type { ResponseHead } from '../../upstream/response-headers.ts';
import { injectSecret } from '../inject-secret.ts';
import { type SendOptions, sendUpstream, type UpstreamRequest } from '../send-upstream.ts';
import { holdForCodeHash } from './look-for-code-hash.ts';
import type { TokenContext } from './token-context.ts';
import { writeBody } from './write-body.ts';

const VERIFIER: ReadonlySet<string> = new Set(['code_verifier']);

/** Sends the redemption on, under the code that the upstream knows. Its answer decides what the code is worth. */
export async function forwardRedemption(context: TokenContext): Promise<'done'> {
  const { exchange, claimed } = context;
  claimed.send();
  const options: SendOptions = { settle: (head) => settle(context, head), outlivesClient: true };
  await sendUpstream(exchange, { query: context.message.query.raw, ...outgoing(context) }, options);
  return 'done';
}

function outgoing(context: TokenContext): UpstreamRequest {
  const { exchange, message, parameters, claim, binding, owner, identity, named } = context;
  const unwrapped = claim.upstreamCode === '' ? parameters : parameters.with('code', claim.upstreamCode);
  const judged = binding.pkceForwarded ? unwrapped : unwrapped.without('code_verifier');
  // Only a client that has proven to be the one that began the flow, by the name that it gave itself, is vouched for.
  const proven =
    claim.outcome === 'claimed' && binding.codeChallenge !== undefined && named.clientId === binding.clientId;
  const sent = injectSecret(exchange, 'token', judged, { ...owner, certain: proven }, identity);
  const isChanged = sent.injected || claim.upstreamCode !== parameters.get('code');
  if (owner.mode === 'enforce' || (isChanged && claim.upstreamCode !== '')) {
    return { ...writeBody(message, sent.parameters), authorization: sent.authorization };
  }
  const { body } = message;
  if (binding.pkceForwarded || body?.format !== 'form') return { bodyAsSent: message.asSent() };
  return { bodyAsSent: Buffer.from(changeRawParameters(body.form.raw, { dropped: VERIFIER }), 'latin1') };
}

async function settle(context: TokenContext, head: ResponseHead): Promise<Outcome | Hold> {
  await context.claimed.settle(head.status);
  const succeeded = head.status >= 200 && head.status < 300;
  return succeeded ? holdForCodeHash(context, head) : { pass: head };
}
