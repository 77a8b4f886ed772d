/**
 * What happens to a request that breaks a client's policy.
 * `enforce`: it is refused. `report`: it is counted and logged, nothing is refused or broken. `off`: it is not judged.
 */
export type Mode = (typeof MODES)[number];

/** The strictest first. */
export const MODES = ['enforce', 'report', 'off'] as const;

/** The strictest mode of all parties concerned. `off` for an empty list. */
export function strictestMode(modes: readonly Mode[]): Mode {
  return MODES.find((mode) => modes.includes(mode)) ?? 'off';
}

/** As shown to people: `enforce 25%` where only a share of the flows is enforced. */
export function describeMode(mode: string, enforcePercent: number): string {
  return mode === 'enforce' && enforcePercent < 100 ? `${mode} ${enforcePercent}%` : mode;
}
