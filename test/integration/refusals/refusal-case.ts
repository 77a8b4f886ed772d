import type { JudgedEndpoint, Reason } from '../../../src/policy/reason.ts';
import type { Answer } from '../../support/simple-client.ts';
import type { Stage, StageOptions } from '../stage.ts';

/** One way to break a policy, and what comes of it. */
export type RefusalCase = Pick<StageOptions, 'policy' | 'unlisted' | 'quirks'> & {
  readonly reason: Reason;
  /** Tells the cases of one reason apart. */
  readonly what: string;
  readonly endpoint: JudgedEndpoint;
  /** What comes before the request that is judged. Its result is the code that `act` gets. */
  readonly setUp?: (stage: Stage) => Promise<string>;
  readonly act: (stage: Stage, code: string) => Promise<Answer>;
  /**
   * How the client hears of it where its redirect_uri is configured: at that URI, or not, because nobody can tell whose
   * request it is. One without a configured redirect_uri always gets a page. `json`: the token endpoint's way.
   */
  readonly reply: 'query' | 'fragment' | 'page' | 'json';
  /**
   * The `client` label where it is not the client that acts. `unclear`: only some servers would see the client's name
   * in the request, so that it may be counted as that client's or as nobody's.
   */
  readonly client?: '_unlisted' | 'unclear';
  readonly allow?: string;
  /** What the upstream answers in report mode; `never`: this is no violation there. */
  readonly reported: number | 'never';
  /** An enforced client cannot come this far. */
  readonly reportOnly?: true;
};

/** Contract section 7. */
export function expectedStatus({ reason, reply }: RefusalCase): number {
  if (reply === 'query' || reply === 'fragment') return 302;
  if (reason === 'body_too_large') return 413;
  if (reason === 'content_type_not_allowed' || reason === 'content_encoding_not_allowed') return 415;
  return reason === 'http_method_not_allowed' ? 405 : 400;
}

/** Contract section 7. */
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
