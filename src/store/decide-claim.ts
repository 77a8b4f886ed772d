import { timingSafeEqual } from 'node:crypto';
import { advanceCode, CODE_MEMORY, decodeCode, NO_CLAIM } from './code-record.ts';
import type { ClaimRequest } from './flow-store.ts';
import type { ClaimOutcome } from './record-store.ts';

export type DecidedClaim = {
  readonly outcome: ClaimOutcome;
  /** The new record; `undefined`: no change. */
  readonly next?: string;
};

/** The result of a claim, by the record and its remaining TTL (milliseconds). `redis-scripts.ts` does the same in Lua. */
export function decideClaim(record: string, remaining: number, claim: ClaimRequest): DecidedClaim {
  const stored = decodeCode(record);
  if (stored === undefined) return { outcome: 'unknown' };
  const { kind, status, attempts, claimId, binding } = stored;
  if (kind === 'marker') return { outcome: 'wrapped' };
  if (status === 'claimed') return { outcome: claimId === claim.claimId ? 'claimed' : 'replayed' };
  if (status === 'burnt') return { outcome: 'exhausted' };
  if (remaining <= CODE_MEMORY[kind]) return { outcome: 'expired' };
  if ((claim.challenge === undefined) !== (binding.codeChallenge === undefined))
    return { outcome: 'unpaired' };
  if (areEqual(claim.challenge ?? '', binding.codeChallenge ?? '')) {
    return { outcome: 'claimed', next: advanceCode(record, 'claimed', attempts, claim.claimId) };
  }
  const failed = attempts + 1;
  const next = advanceCode(record, failed >= binding.maxAttempts ? 'burnt' : 'bound', failed, NO_CLAIM);
  return { outcome: 'mismatch', next };
}

/** The record after a release; `undefined` if the claim does not hold it. */
export function decideRelease(record: string, claimId: string): string | undefined {
  const stored = decodeCode(record);
  if (stored?.status !== 'claimed' || stored.claimId !== claimId) return undefined;
  return advanceCode(record, 'bound', stored.attempts, NO_CLAIM);
}

function areEqual(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  // Both are digests of the same length, so the length reveals nothing.
  return left.length === right.length && timingSafeEqual(left, right);
}
