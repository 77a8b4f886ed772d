import type { Reason } from '../policy/reason.ts';
import type { UpstreamFaultKind } from '../upstream/upstream-fault.ts';
import type { RedemptionResult } from './events.ts';
import type { Violation } from './violation.ts';

/** Whose event it is. */
export type Subject = {
  readonly issuer: string;
  /** The configured entry, or `_unlisted`. */
  readonly client: string;
  /** The client_id as the request or its flow has it. */
  readonly clientId: string | undefined;
};

/** The flow that got a code. */
export type BoundFlow = {
  /** Where the code goes. */
  readonly redirectUri: string | undefined;
  /** The rules that its authorization request broke, in report. They count against the client now that it has got a code. */
  readonly violations: readonly Reason[];
};

/** Takes what clients do, for their readiness. `activity/` implements it; no event waits for it. */
export interface ActivitySink {
  authorizationRequested(subject: Subject, challengeMethod: 'S256' | 'plain' | 'none'): void;
  codeBound(subject: Subject, flow: BoundFlow): void;
  redeemed(subject: Subject, result: RedemptionResult): void;
  violation(violation: Violation): void;
  upstreamFault(issuer: string, kind: UpstreamFaultKind): void;
  /** An id_token covers the code (`c_hash`), or the state (`s_hash`), of this client. */
  codeHashSeen(issuer: string, client: string): void;
  stateHashSeen(issuer: string, client: string): void;
}
