import type { PolicySettings } from '../config/policy-settings.ts';
import { type Draw, FIRST_DRAW } from './draw.ts';
import type { Mode } from './mode.ts';

/** What one client (or a group of them) may do, with every default filled in. `config/schema/policy.ts` describes its settings. */
export type ClientPolicy = Omit<PolicySettings, 'cors'> & {
  /** The entry as configured: a client_id, a prefix ending in `*`, or `_unlisted`. The `client` label of metrics. */
  readonly name: string;
  readonly corsOrigins: readonly string[];
  /** The settings that its entry says, and those that `defaults` of its issuer says. */
  readonly origins?: { readonly entry: readonly string[]; readonly defaults: readonly string[] };
};

/** The policies of one issuer. */
export type ClientPolicies = {
  readonly listed: readonly ClientPolicy[];
  /** For every client that is not among them. */
  readonly unlisted: ClientPolicy;
};

/** The name, and metric label, of the policy for clients that no entry names. */
export const UNLISTED = '_unlisted';

/**
 * The mode in force at a moment (epoch milliseconds) for a flow with this draw. By the first draw: whether any flow is
 * enforced.
 */
export function effectiveMode(policy: ClientPolicy, now: number, draw: Draw = FIRST_DRAW): Mode {
  const { mode, enforceFrom, enforcePercent } = policy;
  if (mode === 'off') return 'off';
  if (mode === 'reject') return 'enforce';
  const enforces = enforceFrom === undefined ? mode === 'enforce' : now >= enforceFrom;
  return enforces && draw < enforcePercent ? 'enforce' : 'report';
}

/** Whether this client may ask for tokens by this grant. */
export function allowsGrantType(
  { grantTypes }: Pick<ClientPolicy, 'grantTypes'>,
  grantType: string,
): boolean {
  return grantTypes === undefined || grantTypes.includes(grantType);
}
