import type { PushedRequest } from './pushed-request.ts';
import { parseFields, stringifyFields } from './record-fields.ts';

const LAYOUT = 'p1';

/** In the place of a pushed request whose code is out. It decodes to none. */
export const SPENT_PUSHED_REQUEST = stringifyFields([LAYOUT]);

export function encodePushedRequest({ clientId, scope }: PushedRequest): string {
  return stringifyFields([LAYOUT, clientId, scope]);
}

/** The pushed request of a record; `undefined` for any other text. */
export function decodePushedRequest(record: string): PushedRequest | undefined {
  const [layout, clientId, scope] = parseFields(record, 3) ?? [];
  if (layout !== LAYOUT || typeof clientId !== 'string' || typeof scope !== 'string') return undefined;
  return { clientId, scope };
}
