/** What ties an issued code to its flow: everything that a token request is judged by. */
export type Binding = {
  readonly clientId: string;
  readonly mode: 'enforce' | 'report';
  /** The challenge in its S256 form (43 characters), or none where the client sent none (report only). */
  readonly codeChallenge: string | undefined;
  /** Where the code went. */
  readonly redirectUri: string | undefined;
  /** What the placeholders of the endpoint's path took when the flow began: the code is good there only. */
  readonly scope: string;
  readonly pkceForwarded: boolean;
  /** Failed verifications before the code is burnt. */
  readonly maxAttempts: number;
  /** The upstream's own code, encrypted under a key derived from the gateway's code (`wrapped-code.ts`). */
  readonly wrappedCode: string | undefined;
};

/** How long a binding is remembered after its code has expired: late and second redemptions are told apart from unknown codes. Milliseconds. */
export const BINDING_MEMORY = 10 * 60_000;
