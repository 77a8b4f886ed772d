import type { PushedRequest } from './flow-store.ts';
import { parseFields, stringifyFields } from './record-fields.ts';

const LAYOUT = 'p2';

export function encodePushedRequest({ issuer, realm, clientId, mode }: PushedRequest): string {
  return stringifyFields([LAYOUT, mode === 'enforce' ? 'e' : 'r', issuer, realm, clientId]);
}

/** The pushed request of a record; `undefined` for any other text. */
export function decodePushedRequest(record: string): PushedRequest | undefined {
  const [layout, mode, issuer, realm, clientId] = parseFields(record, 5) ?? [];
  if (layout !== LAYOUT || (mode !== 'e' && mode !== 'r')) return undefined;
  if (typeof issuer !== 'string' || typeof realm !== 'string' || typeof clientId !== 'string')
    return undefined;
  return { issuer, realm, clientId, mode: mode === 'e' ? 'enforce' : 'report' };
}
