/** One authorization transaction, from the authorization request on. */
export type Flow = {
  readonly clientId: string;
  /** The mode in which the flow began; it holds to the flow's end, so that both halves agree. */
  readonly mode: 'enforce' | 'report';
  /** The challenge in its S256 form (43 characters), or none where the client sent none (report only). */
  readonly codeChallenge: string | undefined;
  /** As the client sent it, decoded. */
  readonly redirectUri: string | undefined;
  /** Normalised: words sorted, joined by one space. */
  readonly responseType: string;
  /** What the client asked for; `undefined`: the default of the response type. */
  readonly responseMode: string | undefined;
  /** Which of the issuer's endpoint path parameters (`{realm}`) the flow began under; `` for none. */
  readonly scope: string;
  /** Whether the upstream saw the challenge, and so must see the verifier. */
  readonly pkceForwarded: boolean;
  /** The store key of the pushed request by which it began (RFC 9126), which its code spends; `undefined`: not pushed. */
  readonly pushedKey: string | undefined;
};
