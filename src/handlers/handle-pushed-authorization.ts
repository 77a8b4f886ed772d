import { randomInt } from 'node:crypto';
import { StoreFault } from '../flow/flow-store.ts';
import { pushedRequestKey } from '../flow/keys.ts';
import { parseClientIdentity } from '../oauth/client-identity.ts';
import type { Parameters } from '../oauth/parameters.ts';
import { decideAuthorizationRequest } from '../policy/decide-authorization-request.ts';
import { LOTS } from '../policy/lot.ts';
import { decodeContent } from '../upstream/decode-content.ts';
import type { Hold, Outcome } from '../upstream/outcome.ts';
import { headerOf, type ResponseHead } from '../upstream/response-headers.ts';
import { type NewFlow, newFlow, saveFlow } from './begin-flow.ts';
import type { Exchange } from './exchange.ts';
import { withoutUnwantedChallenge } from './forward-challenge.ts';
import { type IdentifiedClient, identifyClient } from './identify-client.ts';
import { canBeFollowed, judgeParameters } from './judged-request.ts';
import { noteRequest } from './note-request.ts';
import { noteViolation } from './note-violation.ts';
import { type Message, readMessage } from './read-message.ts';
import { answerFault, refuseToken } from './refuse.ts';
import { sendUpstream } from './send-upstream.ts';

/** Bytes: a request_uri and its lifetime take a hundred. */
const ANSWER_LIMIT = 64 * 1024;

/** RFC 9126 2: the flow begins here, and the request_uri that the upstream gives out is remembered for its client. */
export async function handlePushedAuthorization(exchange: Exchange): Promise<void> {
  const message = await readMessage(exchange, { query: false });
  const identity = parseClientIdentity(message.hints, exchange.request.headers.authorization);
  const named = identifyClient(exchange.issuer, message, identity.names, Date.now(), randomInt(LOTS));
  if (named.mode === 'off') return sendAsSent(exchange, message);
  if (message.problem !== undefined) {
    if (noteViolation(exchange, 'pushed_authorization', message.problem, named)) {
      return refuseToken(exchange, message.problem);
    }
    return sendAsSent(exchange, message);
  }
  const judged = judgeParameters(message.parameters, named.policy);
  noteRequest(exchange, judged, named);
  // RFC 9126 2: a client that authenticates by HTTP Basic need not repeat its id in the body.
  const request = { ...judged.request, clientId: judged.request.clientId ?? named.clientId };
  const reason = judged.problem ?? decideAuthorizationRequest(request, named.policy);
  if (reason !== undefined && noteViolation(exchange, 'pushed_authorization', reason, named)) {
    return refuseToken(exchange, reason);
  }
  const fresh =
    canBeFollowed(judged) && request.requestUri === undefined
      ? newFlow(exchange, message.parameters, { ...judged, request }, named)
      : undefined;
  const parameters = withoutUnwantedChallenge(exchange, parametersFor(message, fresh));
  await sendUpstream(
    exchange,
    { query: message.queryParameters.serialize(), body: parameters.serialize() },
    { settle: (head) => settle(exchange, head, named, fresh) },
  );
}

/** Whether the flow can be saved shows only later: one that must go on without the store cannot count on what it would say. */
function parametersFor(message: Message, fresh: NewFlow | undefined): Parameters {
  if (fresh === undefined) return message.parameters;
  return fresh.goesOnWithoutStore ? fresh.unsaved : fresh.parameters;
}

async function sendAsSent(exchange: Exchange, message: Message): Promise<void> {
  await sendUpstream(exchange, { bodyAsSent: message.bodyAsSent() });
}

/** Reads the request_uri out of the upstream's answer, and saves flow and reference before the client has it. */
function settle(
  exchange: Exchange,
  head: ResponseHead,
  client: IdentifiedClient,
  fresh: NewFlow | undefined,
): Outcome | Hold {
  if (head.status !== 200 && head.status !== 201) return { pass: head };
  return {
    hold: ANSWER_LIMIT,
    inspect: async (body) => {
      const answer = parseAnswer(decodeContent(body, headerOf(head, 'content-encoding'), ANSWER_LIMIT));
      if (answer === undefined) return { pass: head };
      const outcome = await remember(exchange, answer, client, fresh);
      if (outcome === 'state_conflict') {
        if (!noteViolation(exchange, 'pushed_authorization', outcome, client)) return { pass: head };
        refuseToken(exchange, outcome);
        return 'answered';
      }
      const stopped =
        outcome === 'store_unavailable' &&
        client.mode === 'enforce' &&
        client.policy.onStoreFailure === 'reject';
      if (!stopped) return { pass: head };
      answerFault(exchange, 503, 'the sign-in cannot be checked right now');
      return 'answered';
    },
  };
}

async function remember(
  exchange: Exchange,
  answer: PushedAnswer,
  client: IdentifiedClient,
  fresh: NewFlow | undefined,
): Promise<'saved' | 'state_conflict' | 'store_unavailable'> {
  const { issuer, services, scope } = exchange;
  const key = pushedRequestKey(issuer.name, answer.requestUri);
  const lifetime = Math.min(answer.expiresIn * 1000, client.policy.flowTtl);
  try {
    await services.store.savePushedRequest(key, { clientId: client.clientId ?? '', scope }, lifetime);
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    return 'store_unavailable';
  }
  if (fresh === undefined) return 'saved';
  return saveFlow(exchange, { ...fresh, flow: { ...fresh.flow, pushedKey: key } });
}

/** RFC 9126 2.2. */
type PushedAnswer = { readonly requestUri: string; readonly expiresIn: number };

function parseAnswer(body: Buffer | undefined): PushedAnswer | undefined {
  try {
    const answer: unknown = JSON.parse(body?.toString('utf8') ?? '');
    const { request_uri: requestUri, expires_in: expiresIn } = answer as Record<string, unknown>;
    if (typeof requestUri !== 'string') return undefined;
    return { requestUri, expiresIn: typeof expiresIn === 'number' && expiresIn > 0 ? expiresIn : 60 };
  } catch {
    return undefined;
  }
}
