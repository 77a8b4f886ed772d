import type { Binding } from './binding.ts';
import { isOptionalText, parseFields, stringifyFields } from './record-fields.ts';

export type BindingStatus = 'bound' | 'claimed' | 'burnt';

/** A binding with what has become of it since it was saved. */
export type StoredBinding = {
  readonly status: BindingStatus;
  /** Failed verifications so far. */
  readonly attempts: number;
  readonly binding: Binding;
};

/** The most that `maxAttempts` can be: its place in the record has three digits. */
export const MAX_ATTEMPTS_LIMIT = 999;

/**
 * In the place of a challenge where there is none. Dots are no base64url: whatever a client sends as its challenge, it
 * can never pass for the absence of one.
 */
export const NO_CHALLENGE = '.'.repeat(43);

/**
 * `<layout><status><attempts, 3 digits><max attempts, 3 digits><challenge, 43>`, then the rest as JSON. All that a claim
 * is decided by stands at a fixed place, so that the script in Redis (`redis-scripts.ts`) cuts it out, and parses nothing.
 */
const HEADER = /^1[bcx][0-9]{6}(?:[A-Za-z0-9_-]{43}|\.{43})$/;
const HEADER_LENGTH = 51;

const STATUS_LETTERS = { bound: 'b', claimed: 'c', burnt: 'x' } as const satisfies Record<
  BindingStatus,
  string
>;
const STATUSES: Readonly<Record<string, BindingStatus>> = { b: 'bound', c: 'claimed', x: 'burnt' };

/** A fresh binding as the stores keep it. */
export function encodeBinding(binding: Binding): string {
  const { maxAttempts } = binding;
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1 || maxAttempts > MAX_ATTEMPTS_LIMIT) {
    throw new RangeError(`maxAttempts must be between 1 and ${MAX_ATTEMPTS_LIMIT}`);
  }
  const fields = [
    binding.mode === 'enforce' ? 'e' : 'r',
    binding.clientId,
    binding.redirectUri ?? 0,
    binding.pkceForwarded ? 1 : 0,
    binding.wrappedCode ?? 0,
  ];
  if (binding.scope !== '') fields.push(binding.scope);
  const body = stringifyFields(fields);
  return `1b000${threeDigits(maxAttempts)}${binding.codeChallenge ?? NO_CHALLENGE}${body}`;
}

/** The same record with another status and count. */
export function advanceBinding(record: string, status: BindingStatus, attempts: number): string {
  return `1${STATUS_LETTERS[status]}${threeDigits(attempts)}${record.slice(5)}`;
}

/** The binding of a record; `undefined` for any other text, and for an enforced binding without a challenge. */
export function decodeBinding(record: string): StoredBinding | undefined {
  const header = record.slice(0, HEADER_LENGTH);
  if (!HEADER.test(header)) return undefined;
  const status = STATUSES[header.charAt(1)];
  const attempts = Number(header.slice(2, 5));
  const maxAttempts = Number(header.slice(5, 8));
  if (status === undefined || maxAttempts === 0 || attempts > maxAttempts) return undefined;
  const challenge = header.slice(8);
  const codeChallenge = challenge === NO_CHALLENGE ? undefined : challenge;

  const fields = parseFields(record.slice(HEADER_LENGTH), 5, 6);
  if (fields === undefined) return undefined;
  const [mode, clientId, redirectUri, forwarded, wrappedCode, scope = ''] = fields;
  if (mode !== 'e' && mode !== 'r') return undefined;
  // The gateway binds no enforced code without a challenge: such a record is a downgrade, and fails closed.
  if (codeChallenge === undefined && mode === 'e') return undefined;
  if (typeof clientId !== 'string' || !isOptionalText(redirectUri)) return undefined;
  if ((forwarded !== 0 && forwarded !== 1) || !isOptionalText(wrappedCode)) return undefined;
  if (typeof scope !== 'string' || (fields.length === 6 && scope === '')) return undefined;
  return {
    status,
    attempts,
    binding: {
      clientId,
      mode: mode === 'e' ? 'enforce' : 'report',
      codeChallenge,
      redirectUri: redirectUri === 0 ? undefined : redirectUri,
      scope,
      pkceForwarded: forwarded === 1,
      maxAttempts,
      wrappedCode: wrappedCode === 0 ? undefined : wrappedCode,
    },
  };
}

function threeDigits(count: number): string {
  return String(count).padStart(3, '0');
}
