const FIRST = 50;
const CAP = 2_000;

/** Doubles up to a cap. Half of it is left to chance, so that not all gateways come back in the same instant. */
export function retryDelay(attempt: number): number {
  const delay = Math.min(CAP, FIRST * 2 ** Math.min(attempt - 1, 10));
  return delay / 2 + (delay / 2) * Math.random();
}
