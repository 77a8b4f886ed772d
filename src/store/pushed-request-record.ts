import type { PushedRequest } from './flow-store.ts';
import { judgedFields, parseFields, readJudged, stringifyFields } from './record-fields.ts';

const LAYOUT = 'p2';

export function encodePushedRequest(pushed: PushedRequest): string {
  return stringifyFields([LAYOUT, ...judgedFields(pushed)]);
}

/** The pushed request of a record; `undefined` for other text. */
export function decodePushedRequest(record: string): PushedRequest | undefined {
  const [layout, mode, issuer, realm, clientId] = parseFields(record, 5) ?? [];
  return layout === LAYOUT ? readJudged(mode, issuer, realm, clientId) : undefined;
}
