/**
 * What happens to a request that breaks a client's policy.
 * `enforce`: it is refused. `report`: it is counted and logged, nothing is refused or broken. `off`: it is not judged.
 */
export type Mode = (typeof MODES)[number];

export const MODES = ['enforce', 'report', 'off'] as const;

const STRICTNESS: Readonly<Record<Mode, number>> = { off: 0, report: 1, enforce: 2 };

/** The strictest mode of all parties concerned. `off` for an empty list. */
export function strictestMode(modes: Iterable<Mode>): Mode {
  let strictest: Mode = 'off';
  for (const mode of modes) if (STRICTNESS[mode] > STRICTNESS[strictest]) strictest = mode;
  return strictest;
}

/** As shown to people: `enforce 25%` where only a share of the flows is enforced. */
export function describeMode(mode: string, enforcePercent: number): string {
  return mode === 'enforce' && enforcePercent < 100 ? `${mode} ${enforcePercent}%` : mode;
}
