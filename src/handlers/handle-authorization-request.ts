import { randomBytes } from 'node:crypto';
import type { Flow } from '../flow/flow.ts';
import { buildFlowPrefix, FLOW_PREFIX_RANDOM_BYTES, parseFlowPrefix } from '../flow/flow-prefix.ts';
import { StoreFault } from '../flow/flow-store.ts';
import { flowKey } from '../flow/keys.ts';
import {
  type AuthorizationRequest,
  carriesCode,
  parseAuthorizationRequest,
} from '../oauth/authorization-request.ts';
import type { Parameters } from '../oauth/parameters.ts';
import { type CodeChallengeMethod, isCodeChallenge, storedChallenge } from '../oauth/pkce.ts';
import { decideAuthorizationRequest } from '../policy/decide-authorization-request.ts';
import type { Exchange } from './exchange.ts';
import { type IdentifiedClient, identifyClient } from './identify-client.ts';
import { noteViolation } from './note-violation.ts';
import { type Message, readMessage } from './read-message.ts';
import { answerFault, type ReturnAddress, refuseAuthorization } from './refuse.ts';
import { sendUpstream } from './send-upstream.ts';

/** RFC 6749 4.1.1, RFC 7636 4.3: judges an authorization request, begins its flow and sends it on under a prefixed state. */
export async function handleAuthorizationRequest(exchange: Exchange): Promise<void> {
  const message = await readMessage(exchange, { query: true });
  const client = identifyClient(exchange.issuer, message, [], Date.now());
  if (client.mode === 'off') return sendAsSent(exchange, message);

  const request = parseAuthorizationRequest(message.parameters);
  if (message.problem !== undefined) {
    if (noteViolation(exchange, 'authorization', message.problem, client)) {
      const address = client.certain && message.lossless ? returnAddress(message, request) : undefined;
      return refuseAuthorization(exchange, message.problem, client.policy, address);
    }
    if (!message.lossless) return sendAsSent(exchange, message);
  }

  const entry = await enter(exchange, request);
  if (entry === 'unavailable') return answerFault(exchange, 503, 'the sign-in cannot be checked right now');
  if (entry === 'reentry') return sendOn(exchange, message, message.parameters);

  const reason = decideAuthorizationRequest(request, client.policy);
  if (reason !== undefined && noteViolation(exchange, 'authorization', reason, client)) {
    return refuseAuthorization(
      exchange,
      reason,
      client.policy,
      returnAddress(message, { ...request, state: entry.state }),
    );
  }
  if (!carriesCode(request.responseType)) return sendAsParsed(exchange, message);
  return beginFlow(exchange, message, { ...request, state: entry.state }, client);
}

/** A new request with its own state, or one that a server sent back to its authorization endpoint after login. */
type Entry = 'reentry' | 'unavailable' | { readonly state: string | undefined };

/**
 * Re-entry: a state with the prefix of a live flow, for the same client, redirect_uri and response_type, is that flow
 * again, although the server hands the request back without the challenge that it never saw.
 */
async function enter(exchange: Exchange, request: AuthorizationRequest): Promise<Entry> {
  const { issuer, services } = exchange;
  const { state } = request;
  const prefix = state === undefined ? undefined : parseFlowPrefix(issuer.name, state);
  if (prefix === undefined) return { state };
  let flow: Flow | undefined;
  try {
    flow = await services.store.loadFlow(flowKey(issuer.name, prefix.prefix));
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    return prefix.began === 'enforce' ? 'unavailable' : 'reentry';
  }
  // Ours, but expired: the login took too long. It begins anew with the state that the client sent.
  if (flow === undefined) return { state: prefix.clientState };
  const same =
    flow.clientId === request.clientId &&
    flow.redirectUri === request.redirectUri &&
    flow.responseType === request.responseType &&
    flow.scope === exchange.scope;
  // Another flow's prefix is somebody's state like any other.
  return same ? 'reentry' : { state };
}

async function beginFlow(
  exchange: Exchange,
  message: Message,
  request: AuthorizationRequest,
  client: IdentifiedClient,
): Promise<void> {
  const { issuer, services } = exchange;
  const { policy } = client;
  const mode = client.mode === 'enforce' ? 'enforce' : 'report';
  const goesOnWithoutStore = mode === 'report' || policy.onStoreFailure === 'allow';
  const prefix = buildFlowPrefix({
    issuer: issuer.name,
    began: mode === 'report' ? 'report' : goesOnWithoutStore ? 'enforce_allow' : 'enforce',
    hasState: request.state !== undefined,
    random: randomBytes(FLOW_PREFIX_RANDOM_BYTES),
  });
  const challenge = usableChallenge(request);
  const flow: Flow = {
    clientId: request.clientId ?? '',
    mode,
    codeChallenge: challenge?.stored,
    redirectUri: request.redirectUri,
    responseType: request.responseType,
    responseMode: request.responseMode,
    scope: exchange.scope,
    pkceForwarded: issuer.forwardsPkce,
  };
  services.events.authorizationRequested(issuer.name, policy.name, challenge?.method ?? 'none');
  try {
    await services.store.saveFlow(flowKey(issuer.name, prefix), flow, policy.flowTtl);
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    if (!goesOnWithoutStore) return answerFault(exchange, 503, 'the sign-in cannot be checked right now');
  }
  return sendOn(exchange, message, message.parameters.with('state', prefix + (request.state ?? '')));
}

/** Sends the request on as it was judged, the challenge only where the upstream knows what to do with it. */
async function sendOn(exchange: Exchange, message: Message, parameters: Parameters): Promise<void> {
  const forwarded = exchange.issuer.forwardsPkce
    ? parameters
    : parameters.without('code_challenge', 'code_challenge_method');
  if (exchange.method === 'POST') {
    await sendUpstream(exchange, { query: message.query, body: forwarded.serialize() });
  } else {
    await sendUpstream(exchange, { query: forwarded.serialize(), body: null });
  }
}

function sendAsParsed(exchange: Exchange, message: Message): Promise<void> {
  return sendOn(exchange, message, message.parameters);
}

async function sendAsSent(exchange: Exchange, message: Message): Promise<void> {
  await sendUpstream(exchange, { bodyAsSent: message.bodyAsSent() });
}

/** In report, also what the policy does not allow is remembered, as far as a verifier can be compared with it. */
function usableChallenge(
  request: AuthorizationRequest,
): { readonly method: CodeChallengeMethod; readonly stored: string } | undefined {
  const { codeChallenge, codeChallengeMethod: method } = request;
  if (codeChallenge === undefined || (method !== 'S256' && method !== 'plain')) return undefined;
  return isCodeChallenge(codeChallenge, method)
    ? { method, stored: storedChallenge(codeChallenge, method) }
    : undefined;
}

function returnAddress(message: Message, request: AuthorizationRequest): ReturnAddress | undefined {
  if (message.parameters.all('redirect_uri').length > 1) return undefined;
  const inFragment =
    request.responseMode === 'fragment' ||
    (request.responseMode === undefined && request.responseType.includes('token'));
  return { redirectUri: request.redirectUri, state: request.state, inFragment };
}
