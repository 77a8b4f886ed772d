import type { Violation } from '../telemetry/violation.ts';
import { type ActivityStore, refusalRecord } from './activity-store.ts';

/** Violations of one client that are remembered, the last ones. */
export const REFUSALS_KEPT = 10;
/** Characters of what broke the rule. */
const LONGEST_DETAIL = 200;

/** A violation that an operator can find again by the request id that the user was shown. */
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

/** The places of a client are filled in turn. Another process does the same, so the oldest may outlive a newer one. */
export function refusalField(name: string, sequence: number): string {
  return `${sequence % REFUSALS_KEPT} ${name}`;
}

/** `at`: epoch seconds. */
export function encodeRefusal(violation: Violation, at: number): string {
  const { endpoint, reason, mode, requestId, detail } = violation;
  return JSON.stringify([at, endpoint, reason, mode, requestId, detail?.slice(0, LONGEST_DETAIL)]);
}

/** The violations of an issuer that are remembered, the newest first. Throws a `StoreFault`. */
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
  if (!Array.isArray(values) || typeof values[0] !== 'number') return undefined;
  const [endpoint = '', reason = '', mode = '', requestId = ''] = values.slice(1, 5).map(String);
  const detail = typeof values[5] === 'string' ? values[5] : undefined;
  const client = field.slice(field.indexOf(' ') + 1);
  return { issuer, client, at: values[0] * 1000, endpoint, reason, mode, requestId, detail };
}
