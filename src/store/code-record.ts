import { timingSafeEqual } from 'node:crypto';
import type { Binding, ClaimRequest } from './flow-store.ts';
import { parseFields, stringifyFields } from './json-record.ts';
import { bindingFields, readBinding } from './record-fields.ts';
import type { ClaimOutcome } from './record-store.ts';

/**
 * `bare`: the upstream's code, given to the client. `own`: a code of the gateway. `marker`: the upstream's code, whose client got
 * a code of the gateway. `seen`: any code of a sealed store, as far as one process remembers it.
 */
export type CodeKind = 'bare' | 'own' | 'marker' | 'seen';
export type CodeStatus = 'bound' | 'claimed' | 'burnt';

/** A newly bound code. */
export type BoundCode = {
  readonly kind: CodeKind;
  /** The flow of the code. */
  readonly flowId: string;
  readonly binding: Binding;
  /**
   * Of a code of the gateway: the upstream's code, sealed under it; of a marker: the salt of the gateway's code
   * (`gateway-code.ts`); of a seen one: when it expires, in epoch milliseconds.
   */
  readonly attached: string | undefined;
};

/** A code and its state since it was bound. */
export type StoredCode = BoundCode & {
  readonly status: CodeStatus;
  /** Failed verifications so far. */
  readonly attempts: number;
  /** The id of the last claim; `NO_CLAIM` before the first. */
  readonly claimId: string;
};

/**
 * How long a code is remembered after it expired, in milliseconds. This distinguishes late and second redemptions from
 * unknown codes, and an upstream's code stays tied to its first flow. If the remaining TTL of a key is at most this long, its
 * code is expired.
 */
export const CODE_MEMORY: Readonly<Record<CodeKind, number>> = {
  own: 10 * 60_000,
  bare: 60 * 60_000,
  marker: 60 * 60_000,
  /** A sealed code itself says that it expired. */
  seen: 0,
};

/** Whether a code can no longer be redeemed, and is only remembered. `remaining`: the TTL of its record, in milliseconds. */
export function isOver(record: string, remaining: number): boolean {
  return remaining <= CODE_MEMORY[KINDS[record.charAt(1)] ?? 'bare'];
}

/** The maximum of `maxAttempts`, which has three digits in the record. */
const MAX_ATTEMPTS_LIMIT = 999;

/** A dot is not a base64url character, so no challenge or claim id looks like an absent one. */
export const NO_CHALLENGE = '.'.repeat(43);
export const NO_CLAIM = '.'.repeat(22);

/**
 * `<layout><kind><status><attempts, 3 digits><max attempts, 3 digits><challenge, 43><claim id, 22><flow id, 43>`, then the
 * rest as JSON. Everything that decides a claim has a fixed position, so the script in Redis (`redis-scripts.ts`)
 * needs no parser.
 */
const HEADER =
  /^3[bows][bcx][0-9]{6}(?:[A-Za-z0-9_-]{43}|\.{43})(?:[A-Za-z0-9_-]{22}|\.{22})[A-Za-z0-9_-]{43}$/;
const CHALLENGE_AT = 9;
const CLAIM_AT = 52;
const FLOW_AT = 74;
const HEADER_LENGTH = 117;
/** Characters of a flow's id. */
export const FLOW_ID_LENGTH: number = HEADER_LENGTH - FLOW_AT;

const KIND_LETTERS = { bare: 'b', own: 'o', marker: 'w', seen: 's' } as const satisfies Record<
  CodeKind,
  string
>;
const KINDS: Readonly<Record<string, CodeKind>> = { b: 'bare', o: 'own', w: 'marker', s: 'seen' };
const STATUS_LETTERS = { bound: 'b', claimed: 'c', burnt: 'x' } as const satisfies Record<CodeStatus, string>;
const STATUSES: Readonly<Record<string, CodeStatus>> = { b: 'bound', c: 'claimed', x: 'burnt' };

/** The record of a newly bound code. */
export function encodeCode({ kind, flowId, binding, attached }: BoundCode): string {
  const { maxAttempts } = binding;
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1 || maxAttempts > MAX_ATTEMPTS_LIMIT) {
    throw new RangeError(`maxAttempts must be between 1 and ${MAX_ATTEMPTS_LIMIT}`);
  }
  const body = stringifyFields([], bindingFields(binding, attached));
  const challenge = binding.codeChallenge ?? NO_CHALLENGE;
  return `3${KIND_LETTERS[kind]}b000${threeDigits(maxAttempts)}${challenge}${NO_CLAIM}${flowId}${body}`;
}

/** The record with another status, count and claim. */
export function advanceCode(record: string, status: CodeStatus, attempts: number, claimId: string): string {
  const counts = `${STATUS_LETTERS[status]}${threeDigits(attempts)}${record.slice(6, CLAIM_AT)}`;
  return `${record.slice(0, 2)}${counts}${claimId}${record.slice(FLOW_AT)}`;
}

/** The code of a record; `undefined` for other text, and for an enforced binding without a challenge. */
export function decodeCode(record = ''): StoredCode | undefined {
  const header = readHeader(record);
  if (header === undefined) return undefined;
  const { kind, status, attempts, claimId, flowId, codeChallenge, maxAttempts } = header;
  const parsed = parseFields(record.slice(HEADER_LENGTH), 0, 5);
  const binding = parsed && readBinding({ ...parsed, codeChallenge }, maxAttempts);
  const attached = parsed?.texts.at(-1);
  if (binding === undefined || (attached === undefined) !== (kind === 'bare')) return undefined;
  return { kind, status, attempts, claimId, flowId, attached, binding };
}

type Header = Pick<StoredCode, 'kind' | 'status' | 'attempts' | 'claimId' | 'flowId'> &
  Pick<Binding, 'codeChallenge' | 'maxAttempts'>;

/** `undefined` for a record with another layout. */
function readHeader(record: string): Header | undefined {
  const header = record.slice(0, HEADER_LENGTH);
  if (!HEADER.test(header)) return undefined;
  const kind = KINDS[header.charAt(1)];
  const status = STATUSES[header.charAt(2)];
  const attempts = Number(header.slice(3, 6));
  const maxAttempts = Number(header.slice(6, CHALLENGE_AT));
  if (kind === undefined || status === undefined || maxAttempts === 0 || attempts > maxAttempts)
    return undefined;
  const challenge = header.slice(CHALLENGE_AT, CLAIM_AT);
  return {
    kind,
    status,
    attempts,
    maxAttempts,
    codeChallenge: challenge === NO_CHALLENGE ? undefined : challenge,
    claimId: header.slice(CLAIM_AT, FLOW_AT),
    flowId: header.slice(FLOW_AT),
  };
}

/**
 * The result of a claim by the header of the record and its remaining TTL (milliseconds), and the new record if that changes.
 * `redis-scripts.ts` does the same in Lua.
 */
export function decideClaim(
  record: string,
  remaining: number,
  claim: ClaimRequest,
): { readonly outcome: ClaimOutcome; readonly next?: string } {
  const header = readHeader(record);
  if (header === undefined) return { outcome: 'unknown' };
  const { kind, status, attempts, maxAttempts, claimId, codeChallenge } = header;
  if (kind === 'marker') return { outcome: 'wrapped' };
  if (status === 'claimed') return { outcome: claimId === claim.claimId ? 'claimed' : 'replayed' };
  if (status === 'burnt') return { outcome: 'exhausted' };
  if (isOver(record, remaining)) return { outcome: 'expired' };
  if ((claim.challenge === undefined) !== (codeChallenge === undefined)) return { outcome: 'unpaired' };
  if (areEqual(claim.challenge ?? '', codeChallenge ?? '')) {
    return { outcome: 'claimed', next: advanceCode(record, 'claimed', attempts, claim.claimId) };
  }
  const failed = attempts + 1;
  const next = advanceCode(record, failed >= maxAttempts ? 'burnt' : 'bound', failed, NO_CLAIM);
  return { outcome: 'mismatch', next };
}

/** The record after a release; `undefined` if the claim does not hold it. */
export function decideRelease(record: string, claimId: string): string | undefined {
  const header = readHeader(record);
  if (header?.status !== 'claimed' || header.claimId !== claimId) return undefined;
  return advanceCode(record, 'bound', header.attempts, NO_CLAIM);
}

function threeDigits(count: number): string {
  return String(count).padStart(3, '0');
}

function areEqual(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  // Both are digests of the same length, so the length reveals nothing.
  return left.length === right.length && timingSafeEqual(left, right);
}
