import type { CodeChallengeMethod } from '../oauth/pkce.ts';
import type { Reason } from '../policy/reason.ts';
import type { UpstreamFaultKind } from '../upstream/upstream-fault.ts';
import type { Subject } from './subject.ts';
import type { Violation } from './violation.ts';

/** The flow that got a code. */
export type BoundFlow = {
  /** Where the code goes. */
  readonly redirectUri: string | undefined;
  /** The rules that its authorization request broke, in report. They count against the client now that it has got a code. */
  readonly violations: readonly Reason[];
};

/** The result of a code that was presented at the token endpoint. */
export type RedemptionResult = 'verified' | 'unverified' | 'refused' | 'upstream_error';

/** Receives the activity of clients, for their readiness. `activity/` implements it; no event waits for it. */
export interface ActivitySink {
  authorizationRequested(subject: Subject, challengeMethod: CodeChallengeMethod | 'none'): void;
  codeBound(subject: Subject, flow: BoundFlow): void;
  redeemed(subject: Subject, result: RedemptionResult): void;
  violation(violation: Violation): void;
  /** A violation in report counts against its client. */
  violationCounted(subject: Subject, reason: Reason): void;
  upstreamFault(issuer: string, kind: UpstreamFaultKind): void;
  /** An id_token covers the code of this client (`c_hash`). */
  codeHashSeen(issuer: string, client: string): void;
}
