import { randomBytes } from 'node:crypto';
import type { Binding } from '../flow/binding.ts';
import type { Flow } from '../flow/flow.ts';
import { type ParsedFlowPrefix, parseFlowPrefix } from '../flow/flow-prefix.ts';
import { StoreFault } from '../flow/flow-store.ts';
import { codeKey, flowKey } from '../flow/keys.ts';
import { wrapCode } from '../flow/wrapped-code.ts';
import {
  type AuthorizationResponse,
  parseAuthorizationResponse,
  rewriteAuthorizationResponse,
} from '../oauth/authorization-response.ts';
import { isAddressedTo, isRegisteredRedirectUri } from '../oauth/redirect-uri.ts';
import type { ClientPolicy } from '../policy/client-policy.ts';
import type { AuthorizationResponseReason } from '../policy/reason.ts';
import { mapLocation } from '../upstream/map-location.ts';
import { headerOf, type ResponseHead, withHeader } from '../upstream/response-headers.ts';
import type { Exchange } from './exchange.ts';
import { noteViolation } from './note-violation.ts';
import { answerFault, refuseAuthorization } from './refuse.ts';

type Outcome = ResponseHead | 'answered';

/**
 * Looks at every response of the upstream, from whichever path and with whatever status, for the outcome of an
 * authorization request on its way to a client; follows it, and leaves all else alone.
 */
export function followResponse(exchange: Exchange, head: ResponseHead): Outcome | Promise<Outcome> {
  const location = headerOf(head, 'location');
  if (location === undefined) return head;
  const response = parseAuthorizationResponse(location, exchange.publicOrigin + exchange.target.path);
  if (response === undefined) return navigate(exchange, head, location);

  const prefix = prefixOf(exchange, response);
  if (prefix !== undefined) {
    const follower = new ResponseFollower(exchange, head, location, response, prefix);
    return response.codes.length === 0 ? follower.restoreState() : follower.followCode();
  }
  if (response.codes.length === 0) return navigate(exchange, head, location);
  const policy = exchange.issuer.redirects.enforcedOwner(response.target, Date.now());
  if (policy === undefined) return navigate(exchange, head, location);
  noteViolation(exchange, 'authorization_response', 'flow_unknown', {
    policy,
    clientId: undefined,
    mode: 'enforce',
  });
  refuseAuthorization(exchange, 'flow_unknown', policy, undefined);
  return 'answered';
}

function prefixOf(exchange: Exchange, response: AuthorizationResponse): ParsedFlowPrefix | undefined {
  for (const state of response.states) {
    const prefix = parseFlowPrefix(exchange.issuer.name, state);
    if (prefix !== undefined) return prefix;
  }
  return undefined;
}

/** A redirect that stays with the server: its own origin becomes the public one. */
function navigate(exchange: Exchange, head: ResponseHead, location: string): ResponseHead {
  const mapped = mapLocation(location, exchange.issuer.config.upstream.origin, exchange.publicOrigin);
  return mapped === location ? head : withHeader(head, 'location', mapped);
}

class ResponseFollower {
  readonly #exchange: Exchange;
  readonly #head: ResponseHead;
  readonly #location: string;
  readonly #response: AuthorizationResponse;
  readonly #prefix: ParsedFlowPrefix;

  constructor(
    exchange: Exchange,
    head: ResponseHead,
    location: string,
    response: AuthorizationResponse,
    prefix: ParsedFlowPrefix,
  ) {
    this.#exchange = exchange;
    this.#head = head;
    this.#location = location;
    this.#response = response;
    this.#prefix = prefix;
  }

  /** A response without a code: an error, or tokens. The client's state travels inside, so no store is needed. */
  restoreState(): Outcome | Promise<Outcome> {
    return this.#isOwnOrigin() ? this.#restoreStateOnOwnOrigin() : this.#restored(undefined);
  }

  #isOwnOrigin(): boolean {
    const { origin } = this.#response.target;
    return origin === this.#exchange.publicOrigin || origin === this.#exchange.issuer.config.upstream.origin;
  }

  /** On the server's own origin, it may be the login page that is told of an error; it still needs the prefix. */
  async #restoreStateOnOwnOrigin(): Promise<Outcome> {
    try {
      const flow = await this.#loadFlow();
      const forClient =
        flow?.redirectUri !== undefined && isAddressedTo(this.#response.target, flow.redirectUri);
      if (!forClient) return navigate(this.#exchange, this.#head, this.#location);
    } catch (error) {
      if (!(error instanceof StoreFault)) throw error;
    }
    return this.#restored(undefined);
  }

  async followCode(): Promise<Outcome> {
    const { issuer } = this.#exchange;
    let flow: Flow | undefined;
    try {
      flow = await this.#loadFlow();
      if (flow === undefined) return this.#withoutFlow();
      const policy = issuer.clients.policyFor(flow.clientId);
      const reason = this.#decide(flow, policy);
      if (reason !== undefined) {
        const client = { policy, clientId: flow.clientId, mode: flow.mode };
        if (noteViolation(this.#exchange, 'authorization_response', reason, client)) {
          refuseAuthorization(this.#exchange, reason, policy, this.#returnAddress(flow));
          return 'answered';
        }
        // What looks like a response may be a page of the server itself, which still needs the prefix.
        if (reason === 'redirect_target_mismatch' && this.#isOwnOrigin()) {
          return navigate(this.#exchange, this.#head, this.#location);
        }
      }
      return await this.#bind(flow, policy);
    } catch (error) {
      if (!(error instanceof StoreFault)) throw error;
      // The prefix tells how the flow began, so that report goes on while the store is away.
      if (this.#prefix.began !== 'enforce') return this.#restored(undefined);
      answerFault(this.#exchange, 503, 'the sign-in cannot be checked right now');
      return 'answered';
    }
  }

  #decide(flow: Flow, policy: ClientPolicy): AuthorizationResponseReason | undefined {
    const { codes, states, target } = this.#response;
    if (codes.length > 1 || states.length > 1) return 'response_ambiguous';
    if (flow.redirectUri !== undefined) {
      return isAddressedTo(target, flow.redirectUri) ? undefined : 'redirect_target_mismatch';
    }
    // Without a redirect_uri in the request, the server picks one that it has registered (RFC 6749 3.1.2.3).
    if (policy.redirectUris === undefined) return undefined;
    return policy.redirectUris.some((uri) => isAddressedTo(target, uri)) ||
      isRegisteredRedirectUri(placeOf(target), policy.redirectUris)
      ? undefined
      : 'redirect_target_mismatch';
  }

  /** A prefix of ours whose flow has expired, or was lost with the store. */
  #withoutFlow(): Outcome {
    const { issuer } = this.#exchange;
    const owner = issuer.redirects.enforcedOwner(this.#response.target, Date.now());
    if (owner === undefined && this.#prefix.began === 'report') return this.#restored(undefined);
    const policy = owner ?? issuer.clients.unlisted;
    const client = { policy, clientId: undefined, mode: 'enforce' } as const;
    noteViolation(this.#exchange, 'authorization_response', 'flow_unknown', client);
    refuseAuthorization(this.#exchange, 'flow_unknown', policy, undefined);
    return 'answered';
  }

  /** Ties the code to its flow before the response leaves. */
  async #bind(flow: Flow, policy: ClientPolicy): Promise<Outcome> {
    const { issuer, services } = this.#exchange;
    const upstreamCode = this.#response.codes[0] as string;
    // The c_hash of an id_token covers the code: with another one, the client would refuse it (OIDC Core 3.3.2.11).
    const wraps = flow.mode === 'enforce' && policy.wrapCodes && !this.#response.hasIdToken;
    const wrapped = wraps ? wrapCode(upstreamCode, issuer.name, randomBytes(32)) : undefined;
    const binding: Binding = {
      clientId: flow.clientId,
      mode: flow.mode,
      codeChallenge: flow.codeChallenge,
      redirectUri: flow.redirectUri ?? placeOf(this.#response.target),
      pkceForwarded: flow.pkceForwarded,
      maxAttempts: policy.maxAttempts,
      wrappedCode: wrapped?.wrapped,
    };
    const key = codeKey(issuer.name, flow.scope, wrapped?.code ?? upstreamCode);
    // A code that is bound already stays with its first flow: a second response cannot take it over.
    await services.store.saveBinding(key, binding, policy.codeTtl);
    services.events.codeBound(issuer.name, policy.name);
    return this.#restored(wrapped?.code);
  }

  #loadFlow(): Promise<Flow | undefined> {
    const { issuer, services } = this.#exchange;
    return services.store.loadFlow(flowKey(issuer.name, this.#prefix.prefix));
  }

  #restored(code: string | undefined): ResponseHead {
    const { prefix, clientState } = this.#prefix;
    const changes = { prefix, hadState: clientState !== undefined, code };
    return withHeader(this.#head, 'location', rewriteAuthorizationResponse(this.#location, changes));
  }

  #returnAddress(flow: Flow) {
    return {
      redirectUri: flow.redirectUri,
      state: this.#prefix.clientState,
      inFragment: this.#response.target.hash !== '',
    };
  }
}

function placeOf(target: URL): string {
  const place = new URL(target.href);
  place.search = '';
  place.hash = '';
  return place.href;
}
