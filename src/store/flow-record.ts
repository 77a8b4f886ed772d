import type { Flow } from './flow-store.ts';
import {
  isOptionalChallenge,
  isOptionalText,
  judgedFields,
  parseFields,
  readJudged,
  stringifyFields,
} from './record-fields.ts';

/** The kind and layout of the record. A new layout needs a new name; records with the old name are not read. */
const LAYOUT = 'f3';

/** The record of a flow. Its upstream is in its key. */
export function encodeFlow(flow: Flow): string {
  return stringifyFields([
    ...identityFields(flow),
    ...judgedFields(flow),
    flow.responseMode ?? 0,
    flow.pkceForwarded ? 1 : 0,
    flow.violation ?? 0,
  ]);
}

/**
 * The common beginning of the records of all flows with the same challenge, redirect_uri and response type: a preserved flow
 * with the state of a live one is the same login or a conflict. JSON texts end with a quote, so none is a prefix of another.
 */
export function encodeFlowIdentity(flow: Flow): string {
  return `${stringifyFields(identityFields(flow)).slice(0, -1)},`;
}

function identityFields(flow: Flow): readonly unknown[] {
  return [LAYOUT, flow.codeChallenge ?? 0, flow.redirectUri ?? 0, flow.responseType];
}

/** The flow of a record; `undefined` for other text, and for an enforced flow without a challenge. */
export function decodeFlow(record: string, upstream: string): Flow | undefined {
  const fields = parseFields(record, 11);
  if (fields === undefined) return undefined;
  const [layout, challenge, redirectUri, responseType, mode, ...rest] = fields;
  const [issuer, realm, clientId, responseMode, forwarded, violation] = rest;
  const judged = readJudged(mode, issuer, realm, clientId);
  if (layout !== LAYOUT || judged === undefined) return undefined;
  if (!isOptionalChallenge(challenge)) return undefined;
  // The gateway begins no enforced flow without a challenge: such a record is a downgrade, and fails closed.
  if (challenge === 0 && judged.mode === 'enforce') return undefined;
  if (!isOptionalText(redirectUri) || typeof responseType !== 'string') return undefined;
  if (!isOptionalText(responseMode) || !isOptionalText(violation)) return undefined;
  if (forwarded !== 0 && forwarded !== 1) return undefined;
  return {
    ...judged,
    upstream,
    codeChallenge: challenge === 0 ? undefined : challenge,
    redirectUri: redirectUri === 0 ? undefined : redirectUri,
    responseType,
    responseMode: responseMode === 0 ? undefined : responseMode,
    pkceForwarded: forwarded === 1,
    violation: violation === 0 ? undefined : violation,
  };
}
