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
  return lookFor(head, binding.clientId, claim.upstreamCode, () => {
    if (services.traits.note('c_hash', group.key, binding.clientId)) {
      services.events.codeHashSeen(exchange.issuer.name, owner.policy.name);
    }
  });
}

/**
 * The same for a code that a store without records does not know. Such a client cannot be enforced with that store, and its
 * readiness says so while its logins show a `c_hash`. `undefined`: nothing to search for.
 */
export function holdForUnknownCode(
  { exchange, named, parameters }: TokenContext,
  head: ResponseHead,
): Hold | undefined {
  const { issuer, services } = exchange;
  const { clientId, policy, mode } = named;
  const code = parameters.get('code');
  if (services.store.keepsRecords || mode === 'off' || policy.wrapCodes !== 'auto') return undefined;
  if (code === undefined || clientId === undefined || head.status !== 200) return undefined;
  return lookFor(head, clientId, code, () => services.events.codeHashSeen(issuer.name, policy.name));
}

function lookFor(head: ResponseHead, clientId: string, code: string, onFound: () => void): Hold {
  return {
    hold: ANSWER_LIMIT,
    inspect: (body) => {
      const text = decodeContent(body, headerOf(head, 'content-encoding'), ANSWER_LIMIT)?.toString('latin1');
      if (text?.includes('"id_token"') && isCodeHashOf(text, clientId, code)) onFound();
      return { pass: head };
    },
  };
}
