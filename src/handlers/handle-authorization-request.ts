import { randomInt } from 'node:crypto';
import { isProtocolParameter } from '../oauth/parameter-names.ts';
import type { Parameters } from '../oauth/parameters.ts';
import { LAST_LOT, LOTS } from '../policy/lot.ts';
import type { Reason } from '../policy/reason.ts';
import { beginFlow } from './begin-flow.ts';
import type { Exchange } from './exchange.ts';
import { withoutUnwantedChallenge } from './forward-challenge.ts';
import { handlePushedReference } from './handle-pushed-reference.ts';
import { type IdentifiedClient, identifyClient } from './identify-client.ts';
import { canBeFollowed, type JudgedRequest, judgeParameters, violationOf } from './judged-request.ts';
import { noteRequest } from './note-request.ts';
import { noteViolation } from './note-violation.ts';
import { type Message, readMessage } from './read-message.ts';
import { reenterFlow } from './reenter-flow.ts';
import { answerFault, type ReturnAddress, refuseAuthorization } from './refuse.ts';
import { sendUpstream } from './send-upstream.ts';

/** RFC 6749 4.1.1, RFC 7636 4.3: judges an authorization request, begins its flow and sends it on. */
export async function handleAuthorizationRequest(exchange: Exchange): Promise<void> {
  const read = readMessage(exchange, { query: true });
  const message = read instanceof Promise ? await read : read;
  // A reference leads to a flow that has begun, in a mode of its own.
  const lot = message.hints.has('request_uri') ? LAST_LOT : randomInt(LOTS);
  const client = identifyClient(exchange.issuer, message, [], Date.now(), lot);
  if (client.mode === 'off') return sendAsSent(exchange, message);

  if (message.problem !== undefined) {
    if (await isRepostedReentry(exchange, message, client)) return sendReposted(exchange, message);
    if (noteViolation(exchange, 'authorization', message.problem, client)) {
      const judged = judgeParameters(message.parameters, client.policy);
      if (message.lossless) noteRequest(exchange, judged, client);
      const address =
        client.certain && isReturnable(message)
          ? returnAddress(message, judged, judged.request.state)
          : undefined;
      return refuseAuthorization(exchange, message.problem, client.policy, address);
    }
    if (!message.lossless) return sendAsSent(exchange, message);
  }
  const judged = judgeParameters(message.parameters, client.policy);
  if (message.parameters.has('request_uri')) {
    const address = returnAddress(message, judged, judged.request.state);
    return handlePushedReference(exchange, message, client, address, (parameters) =>
      sendOn(exchange, message, parameters),
    );
  }
  const found = reenterFlow(exchange, judged, client);
  const entry = found instanceof Promise ? await found : found;
  if (entry === 'store_unavailable')
    return answerFault(exchange, 503, 'the sign-in cannot be checked right now');
  if (entry === 'reentry') return sendOn(exchange, message, message.parameters);
  noteRequest(exchange, judged, client);
  const fresh = { ...judged, request: { ...judged.request, state: entry.state } };

  const refused = (reason: Reason) =>
    refuseAuthorization(exchange, reason, client.policy, returnAddress(message, fresh, entry.state));
  // A message that is reported already is not reported again for what follows from it.
  const noted = message.problem !== undefined;
  const reason = noted ? undefined : violationOf(fresh, client.policy);
  if (reason !== undefined && noteViolation(exchange, 'authorization', reason, client))
    return refused(reason);
  if (!canBeFollowed(judged)) return sendOn(exchange, message, message.parameters);
  const begun = await beginFlow(exchange, message.parameters, fresh, client);
  if (begun === 'store_unavailable')
    return answerFault(exchange, 503, 'the sign-in cannot be checked right now');
  if (begun !== 'state_conflict') return sendOn(exchange, message, begun.parameters);
  if (noteViolation(exchange, 'authorization', 'state_conflict', client)) return refused('state_conflict');
  return sendOn(exchange, message, message.parameters);
}

/**
 * A 307 after login makes the browser repeat its login form at the authorization endpoint: the parameters of a live flow
 * stand in the query, the login in the body.
 */
async function isRepostedReentry(
  exchange: Exchange,
  message: Message,
  client: IdentifiedClient,
): Promise<boolean> {
  if (message.problem !== 'parameter_in_query' || !message.lossless) return false;
  if (message.parameters.entries.some(([name]) => isProtocolParameter(name))) return false;
  const judged = judgeParameters(message.queryParameters, client.policy);
  return (await reenterFlow(exchange, judged, client)) === 'reentry';
}

async function sendReposted(exchange: Exchange, message: Message): Promise<void> {
  const query = withoutUnwantedChallenge(exchange, message.queryParameters).serialize();
  await sendUpstream(exchange, { query, body: message.parameters.serialize() });
}

/** Sends the request on as it was judged. */
async function sendOn(exchange: Exchange, message: Message, parameters: Parameters): Promise<void> {
  const text = withoutUnwantedChallenge(exchange, parameters).serialize();
  if (exchange.method === 'POST') {
    await sendUpstream(exchange, { query: message.queryParameters.serialize(), body: text });
  } else {
    await sendUpstream(exchange, { query: text, body: null });
  }
}

async function sendAsSent(exchange: Exchange, message: Message): Promise<void> {
  await sendUpstream(exchange, { bodyAsSent: message.bodyAsSent() });
}

/** Whether the client can be told: what cannot be decoded may be anything but its redirect_uri, or its state, which it gets back. */
function isReturnable({ lossless, problem, parameters }: Message): boolean {
  return lossless || (problem === 'parameter_malformed' && parameters.has('state'));
}

function returnAddress(
  message: Message,
  { request }: JudgedRequest,
  state: string | undefined,
): ReturnAddress | undefined {
  if (message.parameters.all('redirect_uri').length > 1) return undefined;
  const inFragment =
    request.responseMode?.startsWith('fragment') === true ||
    (request.responseMode === undefined && request.responseType.includes('token'));
  return { redirectUri: request.redirectUri, state, inFragment };
}
