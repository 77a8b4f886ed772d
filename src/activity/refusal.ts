import type { Violation } from '../telemetry/violation.ts';
import { type ActivityStore, momentOf, refusalRecord } from './activity-store.ts';

export const REFUSALS_KEPT = 10;
const LONGEST_DETAIL = 200;

/** A violation that an operator can find by the request id that the user saw. */
export type Refusal = {
  readonly issuer: string;
  /** The name under which it was counted. */
  readonly client: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly endpoint: string;
  readonly reason: string;
  readonly mode: string;
  readonly requestId: string;
  readonly detail: string | undefined;
};

/** The slots of a client are used in turn. Other processes do the same, so the oldest violation may outlive a newer one. */
export function refusalField(name: string, sequence: number): string {
  return `${sequence % REFUSALS_KEPT} ${name}`;
}

/** `at`: epoch seconds; their fraction keeps the order of a request and the ones right after it. */
export function encodeRefusal(violation: Violation, at: number): string {
  const { endpoint, reason, mode, requestId, detail } = violation;
  return JSON.stringify([at, endpoint, reason, mode, requestId, detail?.slice(0, LONGEST_DETAIL)]);
}

/** The stored violations of an issuer, newest first. Throws a `StoreFault`. */
export async function loadRefusals(
  store: Pick<ActivityStore, 'loadActivity'>,
  issuer: string,
): Promise<Refusal[]> {
  const record = await store.loadActivity(refusalRecord(issuer));
  const refusals = [...record].flatMap(([field, text]) => decodeRefusal(issuer, field, text) ?? []);
  return refusals.sort((one, other) => other.at - one.at);
}

function decodeRefusal(issuer: string, field: string, text: string): Refusal | undefined {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    return undefined;
  }
  const at = Array.isArray(values) ? momentOf(values[0]) : undefined;
  if (!Array.isArray(values) || at === undefined) return undefined;
  const [endpoint = '', reason = '', mode = '', requestId = ''] = values.slice(1, 5).map(String);
  const detail = typeof values[5] === 'string' ? values[5] : undefined;
  const client = field.slice(field.indexOf(' ') + 1);
  return { issuer, client, at, endpoint, reason, mode, requestId, detail };
}
