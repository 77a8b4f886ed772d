import type { Binding } from '../flow/binding.ts';
import type { Flow } from '../flow/flow.ts';
import { type ParsedFlowPrefix, parseFlowPrefix } from '../flow/flow-prefix.ts';
import { StoreFault } from '../flow/flow-store.ts';
import { codeKey, flowKey, preservedFlowKey } from '../flow/keys.ts';
import { takeRandomBytes } from '../flow/random-pool.ts';
import { wrapCode } from '../flow/wrapped-code.ts';
import type { ResponseChanges } from '../oauth/authorization-response.ts';
import { isAddressedTo } from '../oauth/redirect-uri.ts';
import { isFormPostMode } from '../oauth/response-mode.ts';
import { type ClientPolicy, mayPreserveState, neverGoesOnWithoutStore } from '../policy/client-policy.ts';
import { decideAuthorizationResponse } from '../policy/decide-authorization-response.ts';
import type { AuthorizationResponseReason } from '../policy/reason.ts';
import type { Outcome } from '../upstream/outcome.ts';
import type { Exchange } from './exchange.ts';
import { noteViolation } from './note-violation.ts';
import { answerFault, refuseAuthorization } from './refuse.ts';
import type { Carrier } from './response-carrier.ts';

/**
 * Follows an authorization response: finds its flow, ties the code to it, and gives the client its own state back.
 * `ambiguous`: the page holds more than one response.
 */
export async function followAuthorizationResponse(
  exchange: Exchange,
  carrier: Carrier,
  ambiguous = false,
): Promise<Outcome> {
  const follower = new ResponseFollower(takenForItsIssuer(exchange, carrier), carrier, ambiguous);
  try {
    return await follower.follow();
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    return follower.withoutStore();
  }
}

/**
 * Issuers in front of one server may share its pages: a response is that of the issuer whose prefix it carries, or else,
 * unless it may be this one's, of the issuer whose client it goes to.
 */
function takenForItsIssuer(exchange: Exchange, { response }: Carrier): Exchange {
  const { issuer, neighbours } = exchange;
  if (neighbours.length === 0) return exchange;
  const { states, target } = response;
  const byPrefix = [issuer, ...neighbours].find(({ name }) =>
    states.some((state) => parseFlowPrefix(name, state)),
  );
  const isOwn = exchange.endpoint === 'authorization' || issuer.redirects.owners(target).length > 0;
  const owner =
    byPrefix ?? (isOwn ? issuer : neighbours.find(({ redirects }) => redirects.owners(target).length > 0));
  return owner === undefined || owner === issuer ? exchange : exchange.under(owner);
}

class ResponseFollower {
  readonly #exchange: Exchange;
  readonly #carrier: Carrier;
  readonly #ambiguous: boolean;
  readonly #prefix: ParsedFlowPrefix | undefined;
  /** The clients under whose preserved state the flow may be found. */
  readonly #preservers: readonly ClientPolicy[];
  /** Under which the flow was found by its client's own state. */
  #preservedKey: string | undefined;

  constructor(exchange: Exchange, carrier: Carrier, ambiguous: boolean) {
    const { issuer } = exchange;
    const { response } = carrier;
    this.#exchange = exchange;
    this.#carrier = carrier;
    this.#ambiguous = ambiguous;
    this.#prefix = response.states
      .map((state) => parseFlowPrefix(issuer.name, state, exchange.begun?.prefix))
      .find((prefix) => prefix);
    this.#preservers =
      this.#prefix !== undefined
        ? []
        : typeof response.jarm === 'object'
          ? response.jarm.audience.map((clientId) => issuer.clients.policyFor(clientId))
          : issuer.redirects.owners(response.target).filter(mayPreserveState);
  }

  async follow(): Promise<Outcome> {
    const { response } = this.#carrier;
    const found = this.#findFlow();
    const flow = found instanceof Promise ? await found : found;
    const policy = flow && this.#exchange.issuer.clients.policyFor(flow.clientId);
    if (response.codes.length === 0 && response.jarm !== 'unreadable') return this.#withoutCode(flow);
    if (flow === undefined || policy === undefined) return this.#withoutFlow();

    const reason = this.#ambiguous
      ? 'response_ambiguous'
      : decideAuthorizationResponse(response, flow, policy);
    // A form that the server fills in for itself, such as that of a one-time code, goes to no client.
    if (reason === 'redirect_target_mismatch' && this.#isOwnForm()) return this.#carrier.unchanged();
    if (reason !== undefined) {
      const client = { policy, clientId: flow.clientId, mode: flow.mode };
      if (noteViolation(this.#exchange, 'authorization_response', reason, client)) {
        return this.#withhold(reason, policy, flow);
      }
      // What looks like a response may be a page of the server itself, which still needs the prefix.
      if (reason === 'redirect_target_mismatch' && this.#staysWithServer()) return this.#carrier.unchanged();
    }
    return await this.#bind(flow, policy);
  }

  /** The prefix tells how the flow began, so that report goes on while the store is away. */
  withoutStore(): Outcome {
    const { response } = this.#carrier;
    if (response.codes.length === 0) return this.#delivered(undefined, undefined);
    const now = Date.now();
    const stops = (policy: ClientPolicy) => neverGoesOnWithoutStore(policy, now);
    const owners = this.#exchange.issuer.redirects.owners(response.target);
    // A prefix that says otherwise can be made up by anybody: it does not count where all that own the place are enforced.
    const stopped =
      this.#prefix === undefined
        ? this.#preservers.some(stops)
        : this.#prefix.began === 'enforce' || (owners.length > 0 && owners.every(stops));
    if (!stopped) return this.#delivered(undefined, undefined);
    answerFault(this.#exchange, 503, 'the sign-in cannot be checked right now');
    return 'answered';
  }

  /** No promise where the flow is at hand. */
  #findFlow(): Flow | undefined | Promise<Flow | undefined> {
    const { begun, issuer, services } = this.#exchange;
    if (this.#prefix === undefined) return this.#findPreserved();
    const { prefix } = this.#prefix;
    return prefix === begun?.prefix ? begun.flow : services.store.loadFlow(flowKey(issuer.name, prefix));
  }

  async #findPreserved(): Promise<Flow | undefined> {
    const { issuer, services } = this.#exchange;
    const [state] = this.#carrier.response.states;
    for (const policy of this.#preservers) {
      const key = preservedFlowKey(issuer.name, policy.name, state);
      const flow = await services.store.loadFlow(key);
      if (flow !== undefined) {
        this.#preservedKey = key;
        return flow;
      }
    }
    return undefined;
  }

  /** An error, or tokens alone. On the server's own origin it may be the login page that is told of an error. */
  async #withoutCode(flow: Flow | undefined): Promise<Outcome> {
    if (this.#staysWithServer()) {
      const target = flow?.redirectUri;
      const forClient =
        flow !== undefined && target !== undefined && isAddressedTo(this.#carrier.response.target, target);
      if (!forClient) return this.#carrier.unchanged();
    }
    await this.#endPreserved();
    return this.#delivered(flow, undefined);
  }

  /** No flow: it has expired, was lost with the store, or never was. */
  #withoutFlow(): Outcome {
    const { issuer } = this.#exchange;
    const { target } = this.#carrier.response;
    const owner = issuer.redirects.enforcedOwner(target, Date.now());
    const began = this.#prefix?.began;
    if (owner === undefined && began === undefined) return this.#delivered(undefined, undefined);
    if (owner === undefined && this.#isOwnForm()) return this.#carrier.unchanged();
    const policy = owner ?? issuer.redirects.owners(target)[0] ?? issuer.clients.unlisted;
    const mode = owner === undefined && began === 'report' ? 'report' : 'enforce';
    const client = { policy, clientId: undefined, mode } as const;
    if (!noteViolation(this.#exchange, 'authorization_response', 'flow_unknown', client)) {
      return this.#delivered(undefined, undefined);
    }
    refuseAuthorization(this.#exchange, 'flow_unknown', policy, undefined);
    return 'answered';
  }

  #withhold(reason: AuthorizationResponseReason, policy: ClientPolicy, flow: Flow): Outcome {
    refuseAuthorization(this.#exchange, reason, policy, {
      redirectUri: flow.redirectUri,
      state: this.#prefix === undefined ? this.#carrier.response.states[0] : this.#prefix.clientState,
      inFragment: this.#carrier.kind === 'fragment',
    });
    return 'answered';
  }

  /** Ties the code to its flow before the response leaves. */
  async #bind(flow: Flow, policy: ClientPolicy): Promise<Outcome> {
    const { issuer, services } = this.#exchange;
    const { response } = this.#carrier;
    // RFC 9126 4: a reference is good for one code. In report, a second use was counted when it came.
    const unspent =
      flow.pushedKey === undefined ||
      (await services.store.spendPushedRequest(flow.pushedKey, policy.flowTtl));
    if (!unspent && flow.mode === 'enforce') {
      const client = { policy, clientId: flow.clientId, mode: flow.mode };
      noteViolation(this.#exchange, 'authorization_response', 'flow_unknown', client);
      return this.#withhold('flow_unknown', policy, flow);
    }
    this.#noteStateHash(policy);
    const upstreamCode = response.codes[0] ?? '';
    // Signed as a whole (JARM), or covered by the c_hash of an id_token: the client would refuse another code.
    const wraps =
      flow.mode === 'enforce' &&
      policy.wrapCodes !== false &&
      !response.hasIdToken &&
      response.jarm === undefined;
    const wrapped = wraps ? wrapCode(upstreamCode, issuer.name, takeRandomBytes(32)) : undefined;
    const binding: Binding = {
      clientId: flow.clientId,
      mode: flow.mode,
      codeChallenge: flow.codeChallenge,
      redirectUri: this.#redirectUriOf(flow, policy),
      scope: flow.scope,
      pkceForwarded: flow.pkceForwarded,
      maxAttempts: policy.maxAttempts,
      wrappedCode: wrapped?.wrapped,
    };
    const key = codeKey(issuer.name, wrapped?.code ?? upstreamCode);
    // A code that is bound already stays with its first flow: a second response cannot take it over.
    await services.store.saveBinding(key, binding, policy.codeTtl);
    await this.#endPreserved();
    services.events.codeBound(
      { issuer: issuer.name, client: policy.name, clientId: flow.clientId },
      {
        redirectUri: flow.redirectUri,
        violations: flow.codeChallenge === undefined ? ['challenge_missing'] : [],
      },
    );
    return this.#delivered(flow, wrapped?.code);
  }

  #noteStateHash(policy: ClientPolicy): void {
    const { issuer, services } = this.#exchange;
    if (this.#prefix === undefined || !this.#carrier.response.hasStateHash) return;
    if (!services.stateHashes.learn(issuer.name, policy.name)) return;
    services.events.stateHashSeen(issuer.name, policy.name);
  }

  #delivered(flow: Flow | undefined, code: string | undefined): Outcome {
    const changes: ResponseChanges = {
      prefix: this.#prefix?.prefix,
      hadState: this.#prefix?.clientState !== undefined,
      code,
      iss: this.#missingIss(flow),
    };
    if (flow !== undefined && isFormPostMode(flow.responseMode) && this.#carrier.kind !== 'form_post') {
      const policy = this.#exchange.issuer.clients.policyFor(flow.clientId);
      return this.#carrier.asFormPost(this.#redirectUriOf(flow, policy), changes);
    }
    if (this.#prefix === undefined && code === undefined && flow === undefined)
      return this.#carrier.unchanged();
    const changed = this.#carrier.changed(changes);
    if (changed !== undefined) return changed;
    answerFault(this.#exchange, 502, 'the answer of the authorization server cannot be read');
    return 'answered';
  }

  /** Where a flow has asked for none, the server picks one (RFC 6749 3.1.2.3), which the client has registered in just these characters. */
  #redirectUriOf(flow: Flow, { redirectUris = [] }: ClientPolicy): string {
    if (flow.redirectUri !== undefined) return flow.redirectUri;
    const { target } = this.#carrier.response;
    // Behind the same path, the one with the most query is the one that was picked.
    const [picked] = redirectUris
      .filter((uri) => isAddressedTo(target, uri))
      .toSorted((a, b) => b.length - a.length);
    return picked ?? placeOf(target);
  }

  /** RFC 9207 2: metadata says that every response names its issuer; one that is signed does so inside. */
  #missingIss(flow: Flow | undefined): string | undefined {
    const { response } = this.#carrier;
    return response.hasIss || response.jarm !== undefined
      ? undefined
      : this.#exchange.issuer.issFor(this.#exchange.publicOrigin, flow?.scope ?? this.#exchange.scope);
  }

  /** The client's own state is free for its next login as soon as this one has its answer. */
  async #endPreserved(): Promise<void> {
    if (this.#preservedKey !== undefined) await this.#exchange.services.store.endFlow(this.#preservedKey);
  }

  #isOwnForm(): boolean {
    return this.#carrier.kind === 'form_post' && this.#staysWithServer();
  }

  #staysWithServer(): boolean {
    const { origin } = this.#carrier.response.target;
    return origin === this.#exchange.publicOrigin || origin === this.#exchange.issuer.config.upstream.origin;
  }
}

function placeOf(target: URL): string {
  const place = new URL(target.href);
  place.search = '';
  place.hash = '';
  return place.href;
}
