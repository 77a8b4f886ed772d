import { type Carrier, type Changes, isAnswer, isNavigation } from '../../oauth/carriers/carrier.ts';
import { leadsTo, needsNoPlace, targetFor } from '../../oauth/carriers/leads-to.ts';
import type { TooLarge } from '../../oauth/carriers/piece.ts';
import { isGatewayCode } from '../../oauth/gateway-code.ts';
import { goesTo } from '../../oauth/redirect-uri.ts';
import { type ClientPolicy, effectiveMode, LAST_DRAW } from '../../policy/client-policy.ts';
import { decideTarget, enforcedOwner, type Owner, type Target } from '../../policy/decide-target.ts';
import { decideWithoutStore } from '../../policy/decide-without-store.ts';
import type { Reason } from '../../policy/reason.ts';
import { type ParsedFlowPrefix, parseFlowPrefix } from '../../store/flow-prefix.ts';
import { type Flow, type LiveFlow, StoreFault, storeFault } from '../../store/flow-store.ts';
import type { Exchange } from '../exchange.ts';
import { recordedClient } from '../identify-client.ts';
import { refuseAuthorization } from '../refuse.ts';
import { type Offender, shouldRefuse } from '../should-refuse.ts';
import { answerStoreFault, mayOwnCodeAt, namedPlace } from '../without-store.ts';
import { bindCode } from './bind-code.ts';
import { FlowFinder } from './flow-finder.ts';
import { SentCodes } from './sent-codes.ts';

/** The response must be withheld. The function answers instead. */
type Withheld = { readonly withhold: () => void };

/** What to do with a carrier. `unchanged`: it is not a response to a client, or nothing is known about it. */
type Ruling = 'unchanged' | { readonly changes: Changes } | Withheld;

/** Judges the carriers in the response to one request, one after the other. */
export class ResponseJudge {
  readonly #exchange: Exchange;
  readonly #flows: FlowFinder;
  #sent: SentCodes | undefined;
  /** The first code in the response; a second one makes it ambiguous. */
  #code: string | undefined;
  /** Pages say the same in a link, a script and a form. */
  readonly #reported = new Set<string>();

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
    this.#flows = new FlowFinder(exchange);
  }

  /** The changes in the carriers of one header or piece. */
  async judgeAll(
    carriers: readonly Carrier[],
    tooLarge?: TooLarge,
  ): Promise<[Carrier, Changes][] | Withheld> {
    const withheld = tooLarge && (await this.#judgeTooLarge(tooLarge));
    if (withheld !== undefined) return withheld;
    const changed: [Carrier, Changes][] = [];
    for (const carrier of carriers) {
      const ruling = await this.#judge(carrier);
      if (ruling === 'unchanged') continue;
      if ('withhold' in ruling) return ruling;
      changed.push([carrier, ruling.changes]);
    }
    return changed;
  }

  async #judge(carrier: Carrier): Promise<Ruling> {
    const prefix = this.#prefixOf(carrier);
    try {
      const live = await this.#flows.find(carrier, prefix?.prefix);
      if (live === undefined) return this.#withoutFlow(carrier, prefix);
      return await this.#withFlow(carrier, live, prefix);
    } catch (error) {
      if (!(error instanceof StoreFault)) throw error;
      return this.#whileStoreIsAway(carrier, prefix);
    }
  }

  /** A construct larger than the buffer: its content is unknown. */
  async #judgeTooLarge({ state, holdsCode }: TooLarge): Promise<Withheld | undefined> {
    const prefix = parseFlowPrefix(this.#exchange.group.key, state)?.prefix;
    if (prefix === undefined || !holdsCode) return undefined;
    const live = await this.#flows.findByPrefix(prefix).catch(storeFault);
    if (live instanceof StoreFault) return this.#waitsForStore(undefined);
    if (live === undefined) return undefined;
    const client = recordedClient(this.#exchange, live.flow);
    const reason = 'response_not_followable';
    const violation = { reason, detail: 'a form or script of more than 64 KiB' } as const;
    if (!shouldRefuse(this.#exchange, 'authorization_response', violation, client)) return undefined;
    return { withhold: () => refuseAuthorization(this.#exchange, reason, client.policy, undefined) };
  }

  #prefixOf({ states }: Carrier): ParsedFlowPrefix | undefined {
    for (const state of states) {
      const parsed = parseFlowPrefix(this.#exchange.group.key, state);
      if (parsed !== undefined) return parsed;
    }
    return undefined;
  }

  async #withFlow(carrier: Carrier, live: LiveFlow, prefix: ParsedFlowPrefix | undefined): Promise<Ruling> {
    const { flow } = live;
    const client = recordedClient(this.#exchange, flow);
    const redirectUri = this.#redirectUriOf(carrier, flow, client.policy);
    const target = this.#targetOf(carrier, redirectUri);
    const isResponse =
      redirectUri === undefined
        ? isNavigation(carrier) && this.#goesAway(carrier, target)
        : this.#leadsTo(carrier, flow, redirectUri);
    if (!isResponse) {
      // A link, a form or a page of the server itself that contains the state.
      if (!isNavigation(carrier) || carrier.codes.length === 0 || this.#staysWithServer(target))
        return 'unchanged';
    }
    const violated = (reason: Reason, offender: Offender = client) =>
      this.#violated(reason, carrier, offender, prefix, flow.redirectUri);
    let ownCode: string | undefined;
    const [code] = carrier.codes;
    if (code !== undefined) {
      if (this.#isAmbiguous(carrier, code)) return violated('response_ambiguous', this.#enforcedAt(target));
      const verdict = target && decideTarget(flow, client.policy, target, Date.now());
      if (verdict !== undefined) return violated(verdict.reason, verdict.owner && ownerClient(verdict.owner));
      const bound = await bindCode(this.#exchange, live, client, carrier, code);
      if (typeof bound === 'string') return violated(bound);
      this.#code = code;
      if (bound.code !== code) ownCode = bound.code;
    } else if (carrier.jarm === 'unreadable') {
      return violated('response_ambiguous');
    }
    const { store } = this.#exchange.services;
    // The client can use its state for the next login as soon as this one is answered.
    if (prefix === undefined)
      await store.endPreservedFlow(flow.upstream, flow.clientId, carrier.states[0] ?? '');
    return this.#deliver(carrier, prefix, ownCode);
  }

  /** The flow has expired, was lost with the store, or never existed. */
  #withoutFlow(carrier: Carrier, prefix: ParsedFlowPrefix | undefined): Ruling {
    const target = this.#targetOf(carrier) ?? namedPlace(this.#exchange, carrier);
    // A form that posts a code to a client's place is not a form of the server itself. A link to it may be, unless a flow's state is in it.
    const goesThere = isNavigation(carrier) || carrier.kind === 'form' || prefix !== undefined;
    const carriesCode = goesThere && carrier.codes.length > 0;
    const owner = carriesCode ? this.#enforcedAt(target) : undefined;
    if (owner !== undefined) return this.#violated('flow_unknown', carrier, owner, prefix);
    if (prefix === undefined || !this.#goesAway(carrier, target)) return 'unchanged';
    if (carrier.codes.length === 0) return this.#deliver(carrier, prefix, undefined);
    const first = target?.owners[0];
    const policy = first?.policy ?? this.#exchange.issuer.clients.unlisted;
    // Some owner of the place is not enforced, or no client lists it.
    const mode = first === undefined ? effectiveMode(policy, Date.now(), LAST_DRAW) : 'report';
    return this.#violated('flow_unknown', carrier, { policy, clientId: undefined, mode }, prefix);
  }

  /** Without the store, the prefix is ignored and the owners of the place decide. Restoring the client's state needs no store. */
  #whileStoreIsAway(carrier: Carrier, prefix: ParsedFlowPrefix | undefined): Ruling {
    const flow = this.#exchange.flow?.flow;
    const leads = flow?.redirectUri !== undefined && this.#leadsTo(carrier, flow, flow.redirectUri);
    const own = this.#targetOf(carrier, leads ? flow.redirectUri : undefined);
    const target = own ?? namedPlace(this.#exchange, carrier);
    const carriesCode = carrier.codes.length > 0 || carrier.jarm !== undefined;
    const fault = carriesCode && !this.#staysWithServer(target) ? this.#waitsForStore(target) : undefined;
    if (fault !== undefined) return fault;
    return (leads || this.#goesAway(carrier, target)) && prefix !== undefined
      ? this.#deliver(carrier, prefix, undefined)
      : 'unchanged';
  }

  #waitsForStore(target: Target | undefined): Withheld | undefined {
    if (decideWithoutStore(...mayOwnCodeAt(this.#exchange, target)) === 'go_on') return undefined;
    return { withhold: () => answerStoreFault(this.#exchange) };
  }

  #violated(
    reason: Reason,
    carrier: Carrier,
    client: Offender,
    prefix: ParsedFlowPrefix | undefined,
    redirectUri?: string,
  ): Ruling {
    const detail = carrier.target === undefined ? undefined : carrier.target.origin + carrier.target.pathname;
    const violation = `${reason} ${client.policy.name}`;
    const isKnown = client.mode !== 'enforce' && this.#reported.has(violation);
    this.#reported.add(violation);
    if (isKnown || !shouldRefuse(this.#exchange, 'authorization_response', { reason, detail }, client)) {
      return this.#deliver(carrier, prefix, undefined);
    }
    const state = prefix === undefined ? carrier.states[0] : prefix.clientState;
    const address = { redirectUri, state, inFragment: carrier.part === 'fragment' };
    return { withhold: () => refuseAuthorization(this.#exchange, reason, client.policy, address) };
  }

  #deliver(carrier: Carrier, prefix: ParsedFlowPrefix | undefined, code: string | undefined): Ruling {
    const changes: Changes = {
      prefix: prefix?.prefix,
      hadState: prefix?.clientState !== undefined,
      code,
      iss: this.#missingIss(carrier),
    };
    const changesAny = changes.prefix !== undefined || code !== undefined || changes.iss !== undefined;
    return changesAny ? { changes } : 'unchanged';
  }

  #isAmbiguous({ codes, states, jarm, hasCodeInAddress }: Carrier, code: string): boolean {
    const several = new Set(codes).size > 1 || new Set(states).size > 1 || (this.#code ?? code) !== code;
    if (several || hasCodeInAddress || jarm === 'unreadable') return true;
    // Through an open redirect of the server, an attacker could bind a stolen code to the attacker's own flow.
    this.#sent ??= new SentCodes(this.#exchange);
    return isGatewayCode(code) || this.#sent.has(code);
  }

  /** For a flow without a redirect_uri: the client's redirect_uri to which the server sends the response (RFC 6749 3.1.2.3). */
  #redirectUriOf(carrier: Carrier, flow: Flow, { redirectUris }: ClientPolicy): string | undefined {
    return flow.redirectUri ?? redirectUris?.find((uri) => this.#leadsTo(carrier, flow, uri));
  }

  #leadsTo(carrier: Carrier, { responseMode }: Flow, redirectUri: string): boolean {
    const isAuthorizationAnswer = this.#exchange.endpoint === 'authorization';
    return leadsTo(carrier, redirectUri, { isAuthorizationAnswer, responseMode });
  }

  /** Whether the browser leaves the server with a response, as far as that is visible without a redirect_uri. */
  #goesAway(carrier: Carrier, target: Target | undefined): boolean {
    const isAuthorizationAnswer = this.#exchange.endpoint === 'authorization';
    const goes =
      target !== undefined || isNavigation(carrier) || needsNoPlace(carrier, isAuthorizationAnswer);
    return goes && isAnswer(carrier) && !this.#staysWithServer(target);
  }

  #targetOf(carrier: Carrier, redirectUri?: string): Target | undefined {
    const url = targetFor(carrier, redirectUri);
    return url && this.#exchange.group.targetAt(url, carrier.kind === 'location');
  }

  #enforcedAt(target: Target | undefined): Offender | undefined {
    const owner = target && enforcedOwner(target, Date.now());
    return owner && ownerClient(owner);
  }

  /** On the server's own origin, it may be an error for the login page, or a step on the way to the client. */
  #staysWithServer(target: Target | undefined): boolean {
    if (target === undefined) return false;
    const { publicOrigin, issuer } = this.#exchange;
    const { origin, origins } = issuer.config.upstream;
    const { url, owners } = target;
    const isOwn = url.origin === publicOrigin || url.origin === origin || origins.includes(url.origin);
    const { redirectUri } = this.#flows;
    const isClient = owners.length > 0 || (redirectUri !== undefined && goesTo(url, redirectUri));
    return isOwn && !isClient;
  }

  /** RFC 9207 2: if the metadata promises it, every response names its issuer; a signed response does so inside. */
  #missingIss({ hasIss, jarm, part }: Carrier): string | undefined {
    if (hasIss || jarm !== undefined || part === 'body') return undefined;
    return this.#exchange.issuer.issFor(this.#exchange.publicOrigin, this.#flows.realm);
  }
}

function ownerClient({ policy, issuer }: Owner): Offender {
  return { policy, clientId: undefined, mode: 'enforce', issuer };
}
