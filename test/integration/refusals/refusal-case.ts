import type { JudgedEndpoint, Reason } from '../../../src/policy/reason.ts';
import type { Answer } from '../../support/simple-client.ts';
import type { Stage, StageOptions } from '../stage.ts';

/** One violation of a policy, and its result. */
export type RefusalCase = Pick<StageOptions, 'policy' | 'unlisted' | 'quirks'> & {
  readonly reason: Reason;
  /** Distinguishes the cases of one reason. */
  readonly what: string;
  readonly endpoint: JudgedEndpoint;
  /** The steps before the judged request. Their result is the code for `act`. */
  readonly setUp?: (stage: Stage) => Promise<string>;
  readonly act: (stage: Stage, code: string) => Promise<Answer>;
  /**
   * How a client with a configured redirect_uri gets the error: at that URI, or not, because the client of the request is
   * unclear. A client without one always gets a page. `json`: as at the token endpoint.
   */
  readonly reply: 'query' | 'fragment' | 'page' | 'json';
  /**
   * The `client` label if it is not the acting client. `unclear`: only some servers read the client's name in the request,
   * so it may be counted for that client or for none.
   */
  readonly client?: '_unlisted' | 'unclear';
  readonly allow?: string;
  /** The upstream's response in report mode; `never`: it is no violation there. */
  readonly reported: number | 'never';
  /** An enforced client cannot get to this step. */
  readonly reportOnly?: true;
};

/** The HTTP status of a refusal. */
export function expectedStatus({ reason, reply }: RefusalCase): number {
  if (reply === 'query' || reply === 'fragment') return 302;
  if (reason === 'body_too_large') return 413;
  if (reason === 'content_type_not_allowed' || reason === 'content_encoding_not_allowed') return 415;
  return reason === 'http_method_not_allowed' ? 405 : 400;
}

/** The OAuth error of a refusal. */
export function expectedError({ reason }: RefusalCase): string {
  if (/^(code|verifier)_|^(attempts_exceeded|redirect_uri_mismatch|client_mismatch)$/.test(reason)) {
    return 'invalid_grant';
  }
  if (reason === 'response_type_not_allowed') return 'unsupported_response_type';
  return reason === 'grant_type_not_allowed' || reason === 'client_unknown'
    ? 'unauthorized_client'
    : 'invalid_request';
}

export function titleOf({ reason, what, endpoint }: RefusalCase): string {
  return `${endpoint}: ${reason}, ${what}`;
}

export function stageFor({ policy, unlisted, quirks }: RefusalCase): StageOptions {
  return {
    ...(policy !== undefined && { policy }),
    ...(unlisted !== undefined && { unlisted }),
    ...(quirks !== undefined && { quirks }),
  };
}
