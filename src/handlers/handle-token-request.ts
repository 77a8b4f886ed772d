import { StoreFault } from '../flow/flow-store.ts';
import { isWrappedCode } from '../flow/wrapped-code.ts';
import { hasBody } from '../http/read-body.ts';
import { type ClientIdentity, parseClientIdentity } from '../oauth/client-identity.ts';
import { beforeNul, canonicalName } from '../oauth/parameter-names.ts';
import { allowsGrantType } from '../policy/client-policy.ts';
import { LAST_LOT } from '../policy/lot.ts';
import type { MessageReason } from '../policy/reason.ts';
import { type EnforcedOwner, findEnforcedOwner } from './enforced-owner.ts';
import type { Exchange } from './exchange.ts';
import { handleRedemption } from './handle-redemption.ts';
import { type IdentifiedClient, identifyClient } from './identify-client.ts';
import { injectSecret } from './inject-secret.ts';
import { noteViolation } from './note-violation.ts';
import { type Message, readMessage } from './read-message.ts';
import { refuseToken } from './refuse.ts';
import { sendUpstream } from './send-upstream.ts';

/** RFC 6749 section 3.2. */
export async function handleTokenRequest(exchange: Exchange): Promise<void> {
  if (isPreflight(exchange)) {
    await sendUpstream(exchange, { body: null });
    return;
  }
  const message = await readMessage(exchange, { query: false });
  const identity = parseClientIdentity(message.hints, exchange.request.headers.authorization);
  const client = identifyClient(exchange.issuer, message, identity.names, Date.now(), LAST_LOT);
  if (message.problem !== undefined) return handleProblem(exchange, message, message.problem, client);

  const grantType = message.parameters.get('grant_type');
  const meant = grantType?.trim().toLowerCase();
  const redeems = meant === 'authorization_code' || (meant === undefined && message.parameters.has('code'));
  // Another spelling of the same grant: some servers trim, fold case, or assume the grant where none is named.
  if (redeems && grantType !== 'authorization_code') {
    return handleProblem(exchange, message, 'parameter_malformed', client);
  }
  return redeems
    ? handleRedemption(exchange, message, identity, client)
    : handleOtherGrant(exchange, message, grantType, identity, client);
}

async function handleOtherGrant(
  exchange: Exchange,
  message: Message,
  grantType: string | undefined,
  identity: ClientIdentity,
  client: IdentifiedClient,
): Promise<void> {
  const { policy } = client;
  const allowed = policy.mode !== 'reject' && allowsGrantType(policy, grantType ?? '');
  if (!allowed && noteViolation(exchange, 'token', 'grant_type_not_allowed', client)) {
    return refuseToken(exchange, 'grant_type_not_allowed');
  }
  if (client.mode === 'off') {
    await sendUpstream(exchange, { bodyAsSent: message.bodyAsSent() });
    return;
  }
  const query = message.queryParameters.serialize();
  const sent =
    grantType === 'refresh_token'
      ? injectSecret(exchange, 'token', message.parameters, client, identity)
      : { parameters: message.parameters, authorization: undefined };
  await sendUpstream(exchange, {
    query,
    body: sent.parameters.serialize(),
    authorization: sent.authorization,
  });
}

/** A message that not every server reads alike: refused where a code that it may carry, or its client, is enforced. */
async function handleProblem(
  exchange: Exchange,
  message: Message,
  problem: MessageReason,
  named: IdentifiedClient,
): Promise<void> {
  const { exchange: owning, client } = await ownerOfAnyCode(exchange, message, named);
  if (noteViolation(owning, 'token', problem, client)) return refuseToken(owning, problem);
  await sendUpstream(exchange, { bodyAsSent: message.bodyAsSent() });
}

/** The policy is that of the flow's client, whatever client the request names, and whichever issuer it is brought to. */
async function ownerOfAnyCode(
  exchange: Exchange,
  message: Message,
  named: IdentifiedClient,
): Promise<EnforcedOwner> {
  const asNamed = { exchange, client: named };
  if (named.mode === 'enforce') return asNamed;
  const issuers = [exchange.issuer, ...exchange.sharers];
  for (const [name, value] of message.hints.entries) {
    if (canonicalName(beforeNul(name)) !== 'code') continue;
    const code = beforeNul(value).trim();
    try {
      const owner = await findEnforcedOwner(exchange, code, issuers);
      if (owner !== undefined) return owner;
    } catch (error) {
      if (!(error instanceof StoreFault)) throw error;
      if (isWrappedCode(code)) return { exchange, client: { ...named, mode: 'enforce' } };
    }
  }
  return asNamed;
}

/** A CORS preflight carries no parameters and redeems nothing. */
function isPreflight(exchange: Exchange): boolean {
  return exchange.method === 'OPTIONS' && exchange.target.query === undefined && !hasBody(exchange.request);
}
