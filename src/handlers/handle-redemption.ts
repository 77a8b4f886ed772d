import { type Claim, StoreFault } from '../flow/flow-store.ts';
import { codeKey } from '../flow/keys.ts';
import { isWrappedCode, unwrapCode } from '../flow/wrapped-code.ts';
import type { ClientIdentity } from '../oauth/client-identity.ts';
import { s256 } from '../oauth/pkce.ts';
import { allowsGrantType } from '../policy/client-policy.ts';
import { decideRedemption, isComparable } from '../policy/decide-redemption.ts';
import type { TokenReason } from '../policy/reason.ts';
import { ClaimedCode } from './claimed-code.ts';
import { type EnforcedOwner, findEnforcedOwner } from './enforced-owner.ts';
import type { Exchange } from './exchange.ts';
import { type IdentifiedClient, subjectOf } from './identify-client.ts';
import { injectSecret } from './inject-secret.ts';
import { noteViolation } from './note-violation.ts';
import type { Message } from './read-message.ts';
import { answerFault, refuseToken } from './refuse.ts';
import { sendUpstream } from './send-upstream.ts';

/** RFC 6749 4.1.3, RFC 7636 4.5 and 4.6: a code goes on only for whoever knows its verifier, and only once. */
export async function handleRedemption(
  exchange: Exchange,
  message: Message,
  identity: ClientIdentity,
  named: IdentifiedClient,
): Promise<void> {
  const { issuer, services, scope } = exchange;
  const code = message.parameters.get('code');
  if (code === undefined) return proceedUnclaimed(exchange, message, 'code_missing', named);

  const codeVerifier = message.parameters.get('code_verifier');
  const presented = isComparable(codeVerifier) ? s256(codeVerifier) : undefined;
  const key = codeKey(issuer.name, code);
  let claim: Claim;
  try {
    claim = await services.store.claimBinding(key, presented);
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    return proceedWithoutStore(exchange, message, code, named);
  }
  if (claim.outcome === 'unknown') {
    const owner = await findElsewhere(exchange, code, named);
    return owner === undefined
      ? proceedUnclaimed(exchange, message, 'code_unknown', named)
      : proceedUnclaimed(owner.exchange, message, 'code_unknown', owner.client);
  }

  const { binding } = claim;
  const policy = issuer.clients.policyFor(binding.clientId);
  // The policy is that of the flow's client, whatever client the request names.
  const client = { clientId: binding.clientId, policy, mode: binding.mode, certain: true };
  await using claimed = new ClaimedCode(
    exchange,
    claim.outcome === 'claimed' ? key : undefined,
    binding,
    policy.name,
  );

  const redirectUri = message.parameters.get('redirect_uri');
  const upstreamCode =
    binding.wrappedCode === undefined ? code : unwrapCode(code, binding.wrappedCode, issuer.name);
  const reason =
    // A ciphertext that does not open is no record of ours, and a code of one realm is none at another.
    upstreamCode === undefined || binding.scope !== scope
      ? 'code_unknown'
      : decideRedemption(claim, { codeVerifier, redirectUri, client: identity }, policy);
  if (reason !== undefined && noteViolation(exchange, 'token', reason, client)) {
    await claimed.release();
    return refuse(exchange, reason, client);
  }
  const unwrapped = message.parameters.with('code', upstreamCode ?? code);
  const judged = binding.pkceForwarded ? unwrapped : unwrapped.without('code_verifier');
  // Only whoever has proven to be the one that began the flow, by the name that it gave itself, is vouched for.
  const proven =
    claim.outcome === 'claimed' &&
    binding.scope === scope &&
    binding.codeChallenge !== undefined &&
    named.clientId === binding.clientId;
  const { parameters, authorization } = injectSecret(
    exchange,
    'token',
    judged,
    { ...client, certain: proven },
    identity,
  );
  await sendUpstream(
    exchange,
    { query: message.queryParameters.serialize(), body: parameters.serialize(), authorization },
    // The upstream's answer decides what the code is worth, also when the client has gone.
    { settle: (head) => claimed.settle(head), outlivesClient: true },
  );
}

/**
 * The code of an enforced flow is unknown to every other issuer, and where one of those is lax, the server behind both
 * would take it all the same.
 */
async function findElsewhere(
  exchange: Exchange,
  code: string,
  named: IdentifiedClient,
): Promise<EnforcedOwner | undefined> {
  if (named.mode === 'enforce') return undefined;
  try {
    return await findEnforcedOwner(exchange, code, exchange.sharers);
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    return undefined;
  }
}

/** A code that no record tells about: the client that the request names is judged. */
async function proceedUnclaimed(
  exchange: Exchange,
  message: Message,
  reason: TokenReason,
  named: IdentifiedClient,
): Promise<void> {
  const first = allowsGrantType(named.policy, 'authorization_code') ? reason : 'grant_type_not_allowed';
  if (noteViolation(exchange, 'token', first, named)) return refuse(exchange, first, named);
  await forwardUnverified(exchange, message, named);
}

/** What the code is worth cannot be told now. One of the gateway's own making is an enforced flow's. */
async function proceedWithoutStore(
  exchange: Exchange,
  message: Message,
  code: string,
  named: IdentifiedClient,
): Promise<void> {
  const stopped = named.mode === 'enforce' && named.policy.onStoreFailure === 'reject';
  if (stopped || isWrappedCode(code)) {
    return answerFault(exchange, 503, 'the code cannot be verified right now');
  }
  if (!allowsGrantType(named.policy, 'authorization_code'))
    return proceedUnclaimed(exchange, message, 'grant_type_not_allowed', named);
  await forwardUnverified(exchange, message, named);
}

async function forwardUnverified(
  exchange: Exchange,
  message: Message,
  named: IdentifiedClient,
): Promise<void> {
  const { issuer, services } = exchange;
  if (named.mode === 'off') {
    await sendUpstream(exchange, { bodyAsSent: message.bodyAsSent() });
    return;
  }
  const { parameters, queryParameters } = message;
  const forwarded = issuer.forwardsPkce ? parameters : parameters.without('code_verifier');
  const { status } = await sendUpstream(exchange, {
    query: queryParameters.serialize(),
    body: forwarded.serialize(),
  });
  const succeeded = status >= 200 && status < 300;
  services.events.redeemed(subjectOf(issuer, named), succeeded ? 'unverified' : 'upstream_error');
}

function refuse(exchange: Exchange, reason: TokenReason, client: IdentifiedClient): void {
  exchange.services.events.redeemed(subjectOf(exchange.issuer, client), 'refused');
  refuseToken(exchange, reason);
}
