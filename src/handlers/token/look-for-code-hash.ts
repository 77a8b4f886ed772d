import { isCodeHashOf } from '../../oauth/code-hash.ts';
import { decodeContent } from '../../upstream/decode-content.ts';
import type { Hold, Outcome } from '../../upstream/outcome.ts';
import { headerOf, type ResponseHead } from '../../upstream/response-headers.ts';
import type { TokenContext } from './token-context.ts';

/** Bytes: enough for a token response with several large tokens. A larger one is not inspected. */
const ANSWER_LIMIT = 64 * 1024;

/** Searches a token response for an id_token that covers the code, if this matters and is not known yet. */
export function holdForCodeHash(context: TokenContext, head: ResponseHead): Outcome | Hold {
  const { exchange, owner, claim, binding } = context;
  const { group, services } = exchange;
  const known = services.traits.isSeen('c_hash', group.key, binding.clientId);
  const matters =
    claim.outcome === 'claimed' && owner.policy.wrapCodes === 'auto' && known !== true && !binding.hasIdToken;
  if (!matters) return { pass: head };
  return {
    hold: ANSWER_LIMIT,
    inspect: (body) => {
      const text = decodeContent(body, headerOf(head, 'content-encoding'), ANSWER_LIMIT)?.toString('latin1');
      if (text?.includes('"id_token"') && isCodeHashOf(text, binding.clientId, claim.upstreamCode)) {
        if (services.traits.note('c_hash', group.key, binding.clientId)) {
          services.events.codeHashSeen(exchange.issuer.name, owner.policy.name);
        }
      }
      return { pass: head };
    },
  };
}
