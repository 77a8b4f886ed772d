import { decodeCode } from './code-record.ts';
import type { BindOptions, Bound } from './flow-store.ts';
import { NONCE_BYTES, openSealedCode, sealCode } from './gateway-code.ts';
import { takeRandomBytes } from './random-pool.ts';

/** Encrypts a code under another one (`gateway-code.ts`). */
export function sealUnder(under: string, code: string, upstream: string): string {
  return sealCode(code, under, upstream, takeRandomBytes(NONCE_BYTES));
}

/** The first binding of an upstream's code stays. The same flow gets the code that it got then. */
export function boundBefore(held: string, { upstream, code, flowId }: BindOptions): Bound {
  const stored = decodeCode(held);
  if (stored === undefined || stored.flowId !== flowId) return { outcome: 'bound_elsewhere' };
  const { kind, sealed = '' } = stored;
  const known = kind === 'marker' ? openSealedCode(sealed, code, upstream) : code;
  return known === undefined
    ? { outcome: 'bound_elsewhere' }
    : { outcome: 'bound', code: known, first: false };
}
