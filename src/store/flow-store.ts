/** Where and for which client a record was created, and in which mode. */
export type Judged = {
  /** The name of the issuer at which it began. Policy and metadata come from there. */
  readonly issuer: string;
  /** What the placeholders of the endpoint's path took (`{realm}`); `` for none. It selects policy and metadata, never a code. */
  readonly realm: string;
  /** As the client wrote it. */
  readonly clientId: string;
  /** The mode in which it began; it stays to the end, so that both halves of a login agree. */
  readonly mode: 'enforce' | 'report';
};

/** One authorization transaction, from the authorization request on. Kept under its upstream; everything else is a field. */
export type Flow = Judged & {
  /** The upstream's key: issuers that stand before the same server share it (`issuer/upstream-group.ts`). */
  readonly upstream: string;
  /** The challenge in its S256 form (43 characters); `undefined` where the client sent none that a verifier could match (report only). */
  readonly codeChallenge: string | undefined;
  /** As the client sent it, decoded. */
  readonly redirectUri: string | undefined;
  /** Normalised: words sorted, joined by one space. */
  readonly responseType: string;
  /** What the client asked for; `undefined`: the default of the response type. */
  readonly responseMode: string | undefined;
  /** Whether the upstream got the challenge, and so must get the verifier. */
  readonly pkceForwarded: boolean;
  /** The reason for which its request would have been refused, in report: it counts once the flow has got a code. */
  readonly violation: string | undefined;
};

/** A flow that the store knows, with the name by which a code is tied to it. */
export type LiveFlow = {
  readonly flow: Flow;
  /** Names this flow among all flows of its upstream: a digest, never a prefix or a state in clear. */
  readonly id: string;
};

/** What ties an issued code to its flow: everything that a token request is judged by. */
export type Binding = Judged & {
  readonly codeChallenge: string | undefined;
  /** Where the code went: the flow's redirect_uri, or the place that the server picked where the flow had none. */
  readonly redirectUri: string | undefined;
  readonly pkceForwarded: boolean;
  /** Whether the code came with an id_token, whose `c_hash` covers it. */
  readonly hasIdToken: boolean;
  /** Failed verifications before the code is burnt, 1 to 999. */
  readonly maxAttempts: number;
};

export type BindOptions = {
  readonly upstream: string;
  /** The upstream's code, decoded. */
  readonly code: string;
  /** `LiveFlow.id`. */
  readonly flowId: string;
  readonly binding: Binding;
  /** Whether the client gets a code of the gateway's own. */
  readonly wrap: boolean;
  /** Milliseconds from now until the code is too old to be redeemed. */
  readonly codeTtl: number;
};

/** The result of binding a code. */
export type Bound =
  /** The code for the client. The same flow's code, delivered again, gives the same one, with its attempts and claim as they stand. */
  | { readonly outcome: 'bound'; readonly code: string; readonly first: boolean }
  /** The upstream's code is another flow's: its first binding stays. */
  | { readonly outcome: 'bound_elsewhere' }
  /** The code for the client would be too long for a URL, or could not hold the upstream's. */
  | { readonly outcome: 'too_long' };

/** The result of an attempt to claim a code. `unknown`: there is no such code, or its record cannot be read. */
export type Claim = { readonly outcome: 'unknown' } | KnownClaim;

/** The same, for a code that the store knows. */
export type KnownClaim = {
  readonly outcome: /** The challenge matched (or both sides had none). The same claim id again is `claimed` again. */
    | 'claimed'
    /** The presented challenge is not the binding's; the failure is counted. */
    | 'mismatch'
    /** No challenge was presented for a binding that has one, or one for a binding that has none. Not counted. */
    | 'unpaired'
    /** Older than its `codeTtl`. */
    | 'expired'
    /** Claimed by another claim id, and not released. */
    | 'replayed'
    /** Invalid after too many failed verifications. */
    | 'exhausted'
    /** It is the upstream's own code, whose client was given another one: nobody may redeem it. */
    | 'wrapped';
  readonly binding: Binding;
  /** The code that the upstream knows. Empty where the outcome is not `claimed`, and the record does not tell it. */
  readonly upstreamCode: string;
};

/** A pushed authorization request (RFC 9126), remembered under its request_uri: for whom it is good, and as what it was judged. */
export type PushedRequest = Judged;

/** The same, with the name by which the upstream knows it. */
export type FoundPushedRequest = PushedRequest & {
  readonly requestUri: string;
  /** When it ends (epoch milliseconds), where the client's name for it is the gateway's own. */
  readonly expiresAt?: number;
};

/**
 * Where flows, codes and pushed requests live. The store makes the flow prefix and the client's code, since what they hold
 * depends on its kind. Each record is under its upstream. No operation touches two keys at once (Redis Cluster), and each
 * throws a `StoreFault` where the store cannot answer. Times are milliseconds.
 */
export interface FlowStore extends AsyncDisposable {
  /**
   * Whether it keeps records at all. One that does not knows again only what it made itself: no state of the client's own
   * (`state: preserve`, JARM, responses with an id_token), and no code or request_uri as the upstream made it.
   */
  readonly keepsRecords: boolean;

  /**
   * Begins a flow under a new prefix. `saved` may be awaited beside the request upstream, but before its response leaves; it
   * rejects with a `StoreFault`. `undefined`: the prefix would be too long, or could not hold the flow.
   */
  beginFlow(flow: Flow, options: BeginOptions): BegunFlow | undefined;
  /** The live flow of a prefix; `undefined` for none, an expired one, or a record that cannot be read. */
  findFlow(upstream: string, prefix: string): Promise<LiveFlow | undefined>;
  /**
   * Begins a flow that is found by client and state. `state_conflict`: there is a live one with another challenge, redirect_uri
   * or response type; one that is the same in all of these is begun again.
   */
  beginPreservedFlow(flow: Flow, state: string, ttl: number): Promise<LiveFlow | 'state_conflict'>;
  findPreservedFlow(upstream: string, clientId: string, state: string): Promise<LiveFlow | undefined>;
  /** Frees the state of a preserved flow for the client's next login, once it has its answer. */
  endPreservedFlow(upstream: string, clientId: string, state: string): Promise<void>;

  /** Ties an upstream's code to its flow. */
  bindCode(options: BindOptions): Promise<Bound>;
  /** The owner of a code, whatever its state; `undefined` for none. Claims nothing. */
  findCode(upstream: string, code: string): Promise<Binding | undefined>;
  /** Looks a code up and, where the presented challenge is its own and it is free, claims it: atomically. */
  claimCode(upstream: string, code: string, claim: ClaimRequest): Promise<Claim>;
  /** Releases a code that this claim holds. No effect on any other claim. */
  releaseClaim(upstream: string, code: string, claimId: string): Promise<void>;

  /** Resolves to the request_uri for the client. */
  savePushedRequest(
    upstream: string,
    requestUri: string,
    pushed: PushedRequest,
    ttl: number,
  ): Promise<string>;
  /** The pushed request, until it expires; `undefined` for none. `requestUri`: the client's. */
  findPushedRequest(upstream: string, requestUri: string): Promise<FoundPushedRequest | undefined>;

  /** Remembers what a client's server has shown. */
  saveTrait(upstream: string, clientId: string, trait: Trait, ttl: number): Promise<void>;
  hasTrait(upstream: string, clientId: string, trait: Trait): Promise<boolean>;

  /** Resolves if the store answers. */
  ping(): Promise<void>;
}

/**
 * `c_hash`: the id_tokens of a client's token responses cover the code, so that with `wrap_codes: auto` its codes are not
 * wrapped. `bare_code`, of a server, with no client: an enforced client got a code as the server made it.
 */
export type Trait = 'c_hash' | 'bare_code';

export type BeginOptions = {
  /** Whether the client sent a state at all. */
  readonly hadState: boolean;
  readonly ttl: number;
  /** Characters that the prefix may have; default: as many as the store needs. */
  readonly longest?: number | undefined;
};

export type BegunFlow = { readonly prefix: string; readonly live: LiveFlow; readonly saved: Promise<void> };

export type ClaimRequest = {
  /** `s256(code_verifier)`; `undefined` where none was presented that could be compared. */
  readonly challenge: string | undefined;
  /** 128 random bits in base64url (22 characters), made per token request. */
  readonly claimId: string;
};

/** A store operation failed. A fault, never a refusal. */
export class StoreFault extends Error {
  readonly code: 'store_unreachable' | 'store_timeout' | 'store_full' | 'store_error';

  constructor(code: StoreFault['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreFault';
    this.code = code;
  }
}
