export type Judged = {
  /** The name of the issuer at which the flow began, which determines policy and metadata. */
  readonly issuer: string;
  /** The values of the placeholders in the endpoint's path (`{realm}`); `` for none. Selects policy and metadata, never a code. */
  readonly realm: string;
  /** As the client wrote it. */
  readonly clientId: string;
  /** The mode at the beginning of the flow, which stays, so that both halves of a login agree. */
  readonly mode: 'enforce' | 'report';
};

/** One authorization transaction, from the authorization request on. Kept under its upstream; the rest are fields. */
export type Flow = Judged & {
  /** The upstream's key, which all issuers before the same server share (`issuer/upstream-group.ts`). */
  readonly upstream: string;
  /** The challenge in its S256 form (43 characters); `undefined` if no verifier could match it (report only). */
  readonly codeChallenge: string | undefined;
  /** As the client sent it, decoded. */
  readonly redirectUri: string | undefined;
  /** Normalised: words sorted, separated by one space. */
  readonly responseType: string;
  /** As requested; `undefined`: the default of the response type. */
  readonly responseMode: string | undefined;
  /** Whether the upstream got the challenge, and therefore must get the verifier. */
  readonly pkceForwarded: boolean;
  /** In report: the reason why its request would have been refused. It counts once the flow gets a code. */
  readonly violation: string | undefined;
};

/** A flow in the store, with the id to which its code is bound. */
export type LiveFlow = {
  readonly flow: Flow;
  /** Unique among the flows of the upstream. Never a state in clear; a digest, if others can read the store. */
  readonly id: string;
};

/** The tie between an issued code and its flow: everything that a token request is judged by. */
export type Binding = Judged & {
  readonly codeChallenge: string | undefined;
  /** The target of the code: the flow's redirect_uri, or the place that the server picked for a flow without one. */
  readonly redirectUri: string | undefined;
  readonly pkceForwarded: boolean;
  /** Whether the code came with an id_token, whose `c_hash` covers it. */
  readonly hasIdToken: boolean;
  /** Failed verifications until the code becomes invalid, 1 to 999. */
  readonly maxAttempts: number;
};

export type BindOptions = {
  readonly upstream: string;
  /** The upstream's code, decoded. */
  readonly code: string;
  /** `LiveFlow.id`. */
  readonly flowId: string;
  readonly binding: Binding;
  /** Whether the client gets a code of the gateway. */
  readonly wrap: boolean;
  /** Milliseconds until the code expires. */
  readonly codeTtl: number;
};

export type Bound =
  /** The code for the client. If the same flow's code is delivered again, it is the same one, with unchanged attempts and claim. */
  | { readonly outcome: 'bound'; readonly code: string; readonly first: boolean }
  /** The upstream's code belongs to another flow: its first binding stays. */
  | { readonly outcome: 'bound_elsewhere' }
  /** The client's code would be too long for a URL, or cannot contain the upstream's. */
  | { readonly outcome: 'too_long' };

/** The result of a claim. `unknown`: there is no such code, or its record is unreadable. */
export type Claim = { readonly outcome: 'unknown' } | KnownClaim;

export type KnownClaim = {
  readonly outcome: /** The challenge matched (or both sides had none). The same claim id again is `claimed` again. */
    | 'claimed'
    /** The presented challenge differs from the binding's; the failure is counted. */
    | 'mismatch'
    /** Only one of the two has a challenge: the binding or the request. Not counted. */
    | 'unpaired'
    /** The code is older than its `codeTtl`. */
    | 'expired'
    /** Claimed by another claim id, and not released. */
    | 'replayed'
    /** The code is invalid after too many failed verifications. */
    | 'exhausted'
    /** It is the upstream's code, but the client got a wrapped code: nobody may redeem it. */
    | 'wrapped';
  readonly binding: Binding;
  /** The upstream's code. Empty if the outcome is not `claimed` and the record does not contain it. */
  readonly upstreamCode: string;
};

/** A pushed authorization request (RFC 9126), kept under its request_uri: its client, and its judgement. */
export type PushedRequest = Judged;

/** A pushed request with the upstream's request_uri. */
export type FoundPushedRequest = PushedRequest & {
  readonly requestUri: string;
  /** Its end (epoch milliseconds), if the client's request_uri is one of the gateway. */
  readonly expiresAt?: number;
};

/**
 * Keeps flows, codes and pushed requests. The store makes the flow prefix and the client's code, because their content
 * depends on its kind. Each record belongs to its upstream. No operation touches two keys (Redis Cluster), and each throws a
 * `StoreFault` if the store cannot answer. Times are milliseconds.
 */
export interface FlowStore extends AsyncDisposable {
  /**
   * Whether the store keeps records. A store without records recognises only what it made itself: neither the client's own state
   * (`state: preserve`, JARM, responses with an id_token) nor the upstream's codes and request_uris.
   */
  readonly keepsRecords: boolean;

  /**
   * Begins a flow under a new prefix. `saved` may settle during the upstream request, but must be awaited before the response is
   * sent; it rejects with a `StoreFault`. `undefined`: the prefix would be too long, or cannot contain the flow.
   */
  beginFlow(flow: Flow, options: BeginOptions): BegunFlow | undefined;
  /** The live flow of a prefix; `undefined` if there is none, or its record is expired or unreadable. */
  findFlow(upstream: string, prefix: string): Promise<LiveFlow | undefined>;
  /**
   * Begins a flow that is found by client and state. `state_conflict`: there is a live flow with another challenge, redirect_uri
   * or response type; a live flow that equals it in all of these begins again.
   */
  beginPreservedFlow(flow: Flow, state: string, ttl: number): Promise<LiveFlow | 'state_conflict'>;
  findPreservedFlow(upstream: string, clientId: string, state: string): Promise<LiveFlow | undefined>;
  /** Frees the state of an answered preserved flow for the client's next login. */
  endPreservedFlow(upstream: string, clientId: string, state: string): Promise<void>;

  /** Ties an upstream's code to its flow. */
  bindCode(options: BindOptions): Promise<Bound>;
  /** The binding of a code in any state; `undefined` if there is none. Claims nothing. */
  findCode(upstream: string, code: string): Promise<Binding | undefined>;
  /** Looks a code up and claims it if it is free and the presented challenge matches: atomically. */
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
  /** The pushed request, until it expires; `undefined` if there is none. `requestUri`: the client's. */
  findPushedRequest(upstream: string, requestUri: string): Promise<FoundPushedRequest | undefined>;

  /** Remembers a property that a client's server has shown. */
  saveTrait(upstream: string, clientId: string, trait: Trait, ttl: number): Promise<void>;
  hasTrait(upstream: string, clientId: string, trait: Trait): Promise<boolean>;

  /** Resolves if the store answers. */
  ping(): Promise<void>;
}

/**
 * `c_hash`: the id_tokens in a client's token responses cover the code, so `wrap_codes: auto` does not wrap its codes.
 * `bare_code`, of a server without a client: an enforced client got the server's own code.
 */
export type Trait = 'c_hash' | 'bare_code';

export type BeginOptions = {
  /** Whether the client sent a state. */
  readonly hadState: boolean;
  readonly ttl: number;
  /** The longest allowed prefix, in characters; default: no limit of the caller. */
  readonly longest?: number | undefined;
};

export type BegunFlow = { readonly prefix: string; readonly live: LiveFlow; readonly saved: Promise<void> };

export type ClaimRequest = {
  /** `s256(code_verifier)`; `undefined` if no comparable verifier was presented. */
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

/** For `catch` of a store operation: its fault becomes the result, which the caller must handle. */
export function storeFault(error: unknown): StoreFault {
  if (error instanceof StoreFault) return error;
  throw error;
}
