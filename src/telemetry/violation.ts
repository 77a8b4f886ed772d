import type { JudgedEndpoint, Reason } from '../policy/reason.ts';
import { printable, withoutSecrets } from './printable.ts';
import type { Subject } from './subject.ts';

/** The rule that a client broke, and where. */
export type Violation = Subject & {
  readonly endpoint: JudgedEndpoint;
  readonly reason: Reason;
  readonly mode: 'enforce' | 'report';
  readonly requestId: string;
  readonly clientAddress: string;
  readonly userAgent: string | undefined;
  /** What broke the rule: the redirect_uri, response type, grant or parameter name. Never the value of a secret. */
  readonly detail?: string | undefined;
};

/** The same, with the client's texts made safe to show: cut, and without control characters. */
export function printableViolation(violation: Violation): Violation {
  const { clientId, userAgent, detail } = violation;
  return {
    ...violation,
    clientId: clientId && printable(clientId),
    userAgent: userAgent && printable(userAgent),
    detail: detail && printable(withoutSecrets(detail)),
  };
}

/** The fields of its line in the log, and in the audit stream. */
export function buildViolationLine(violation: Violation): object {
  const { issuer, client, endpoint, reason, mode } = violation;
  return {
    event: mode === 'enforce' ? 'refusal' : 'report_only_violation',
    issuer,
    client,
    client_id: violation.clientId,
    endpoint,
    reason,
    detail: violation.detail,
    mode,
    request_id: violation.requestId,
    client_address: violation.clientAddress,
    user_agent: violation.userAgent,
  };
}
