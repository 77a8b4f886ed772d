import type { Flow } from './flow.ts';
import { isOptionalChallenge, isOptionalText, parseFields, stringifyFields } from './record-fields.ts';

/** Names the kind and the layout of the record. A new layout takes a new name, and records of the old are not read. */
const LAYOUT = 'f2';

/** A flow as the stores keep it. */
export function encodeFlow(flow: Flow): string {
  return stringifyFields([
    LAYOUT,
    flow.mode === 'enforce' ? 'e' : 'r',
    flow.codeChallenge ?? 0,
    flow.clientId,
    flow.redirectUri ?? 0,
    flow.responseType,
    flow.responseMode ?? 0,
    flow.scope,
    flow.pkceForwarded ? 1 : 0,
    flow.pushedKey ?? 0,
  ]);
}

/** The flow of a record; `undefined` for any other text, and for an enforced flow without a challenge. */
export function decodeFlow(record: string): Flow | undefined {
  const fields = parseFields(record, 10);
  if (fields === undefined) return undefined;
  const [layout, mode, challenge, clientId, redirectUri, ...rest] = fields;
  const [responseType, responseMode, scope, forwarded, pushedKey] = rest;
  if (layout !== LAYOUT || (mode !== 'e' && mode !== 'r')) return undefined;
  if (!isOptionalChallenge(challenge)) return undefined;
  // The gateway begins no enforced flow without a challenge: such a record is a downgrade, and fails closed.
  if (challenge === 0 && mode === 'e') return undefined;
  if (typeof clientId !== 'string' || !isOptionalText(redirectUri)) return undefined;
  if (typeof responseType !== 'string' || !isOptionalText(responseMode)) return undefined;
  if (typeof scope !== 'string' || (forwarded !== 0 && forwarded !== 1)) return undefined;
  if (!isOptionalText(pushedKey)) return undefined;
  return {
    clientId,
    mode: mode === 'e' ? 'enforce' : 'report',
    codeChallenge: challenge === 0 ? undefined : challenge,
    redirectUri: redirectUri === 0 ? undefined : redirectUri,
    responseType,
    responseMode: responseMode === 0 ? undefined : responseMode,
    scope,
    pkceForwarded: forwarded === 1,
    pushedKey: pushedKey === 0 ? undefined : pushedKey,
  };
}
