import { isGatewayCode } from '../../oauth/gateway-code.ts';
import { isCodeVerifier, s256 } from '../../oauth/pkce.ts';
import { allowsGrantType } from '../../policy/client-policy.ts';
import { strictestMode } from '../../policy/mode.ts';
import type { Violation } from '../../policy/reason.ts';
import { StoreFault, storeFault } from '../../store/flow-store.ts';
import { takeRandomBytes } from '../../store/random-pool.ts';
import { sendAsSent } from '../forward-as-sent.ts';
import { type IdentifiedClient, recordedClient, subjectOf } from '../identify-client.ts';
import { followResponse, publishOrigins } from '../response/follow-response.ts';
import type { Progress } from '../run-steps.ts';
import { mayBeOfReport } from '../without-records.ts';
import { answerUnverifiableCode, mayOwnCode, withoutStore } from '../without-store.ts';
import { ClaimedCode } from './claimed-code.ts';
import { holdForUnknownCode } from './look-for-code-hash.ts';
import { refuseIfEnforced } from './refuse-if-enforced.ts';
import type { TokenContext } from './token-context.ts';

/** Bytes of randomness in the id of a claim. */
const CLAIM_ID_BYTES = 16;

/** Claims the code for this request: one atomic store operation, which also compares the verifier. */
export async function claimCode(context: TokenContext): Promise<Progress> {
  const { exchange, parameters } = context;
  const code = parameters.get('code');
  if (code === undefined) return proceedUnclaimed(context, { reason: 'code_missing' });
  const verifier = parameters.get('code_verifier');
  const challenge = verifier !== undefined && isCodeVerifier(verifier) ? s256(verifier) : undefined;
  const claimId = takeRandomBytes(CLAIM_ID_BYTES).toString('base64url');
  const { store } = exchange.services;
  const claim = await store.claimCode(exchange.group.key, code, { challenge, claimId }).catch(storeFault);
  if (claim instanceof StoreFault) return proceedWithoutStore(context, code);
  if (claim.outcome === 'unknown') {
    if (isGatewayCode(code)) return proceedUnclaimed(context, OF_ANOTHER_GATEWAY);
    const isBare = mayBeOfReport(exchange, context.named);
    return proceedUnclaimed(context, isBare ? undefined : { reason: 'code_unknown' });
  }
  context.claim = claim;
  context.owner = strictestOwner(context);
  context.claimed = new ClaimedCode({ exchange, claim, claimId, code, owner: context.owner });
  return undefined;
}

/** The code's client in the mode of its flow, or in a stricter mode if the request names a different client. */
function strictestOwner({ exchange, claim, named }: TokenContext): IdentifiedClient {
  const owner = recordedClient(exchange, claim.binding);
  const isOther = named.clientId !== undefined && named.clientId !== owner.clientId;
  return isOther ? { ...owner, mode: strictestMode([owner.mode, named.mode]) } : owner;
}

const GRANT = { reason: 'grant_type_not_allowed', detail: 'authorization_code' } as const;

const OF_ANOTHER_GATEWAY = {
  reason: 'code_unknown',
  detail: 'a code that a gateway made, but not with this store or its keys, or too long ago',
} as const;

/** A code without a record: the client that the request names is judged. */
async function proceedUnclaimed(context: TokenContext, violation: Violation | undefined): Promise<Progress> {
  const { exchange, named } = context;
  const first = allowsGrantType(named.policy, 'authorization_code') ? violation : GRANT;
  const refused = first && refuseIfEnforced(exchange, first, named);
  return refused ?? forwardUnverified(context);
}

/** The code cannot be verified now. */
async function proceedWithoutStore(context: TokenContext, code: string): Promise<Progress> {
  const { exchange, named } = context;
  if (isGatewayCode(code)) return answerUnverifiableCode(exchange);
  const allowed = allowsGrantType(named.policy, 'authorization_code');
  const refused = allowed ? undefined : refuseIfEnforced(exchange, GRANT, named);
  return refused ?? withoutStore(exchange, ...mayOwnCode(exchange, named)) ?? forwardUnverified(context);
}

/** In report, an unknown code is forwarded with its verifier. */
async function forwardUnverified(context: TokenContext): Promise<'done'> {
  const { exchange, named } = context;
  const { status } = await sendAsSent(context, {
    settle: (head) =>
      holdForUnknownCode(context, publishOrigins(exchange, head)) ?? followResponse(exchange, head),
  });
  if (named.mode === 'off') return 'done';
  const succeeded = status >= 200 && status < 300;
  exchange.services.events.redeemed(subjectOf(exchange, named), succeeded ? 'unverified' : 'upstream_error');
  return 'done';
}
