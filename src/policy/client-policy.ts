import type { PolicyEntry, PolicySettings } from '../config/client-policies.ts';
import type { Mode } from './mode.ts';

/** The policy of one client (or a group), with all defaults. `config/schema/policy.ts` describes its settings. */
export type ClientPolicy = PolicySettings & {
  /** The entry as configured: a client_id, a prefix ending in `*`, or `_unlisted`. The `client` label of metrics. */
  readonly name: string;
  readonly cors: NonNullable<PolicySettings['cors']>;
  /** Its own settings, and those of its issuer's `defaults` that it takes unless it has its own. */
  readonly entry?: PolicyEntry;
  readonly inherited?: PolicyEntry;
  /** All entries that some servers read as one client, including this one, as configured: the strictest applies to each. */
  readonly alike?: readonly ClientPolicy[];
};

/** The policies of one issuer. */
export type ClientPolicies = {
  readonly listed: Iterable<ClientPolicy>;
  /** For every client without an entry. */
  readonly unlisted: ClientPolicy;
};

/** The name and metric label of the policy for clients without an entry. */
export const UNLISTED = '_unlisted';

/** Whether the name of an entry stands for many client ids, such as `agent-*`. */
export function isPattern(name: string): boolean {
  return name.endsWith('*');
}

/** A whole number from 0 to 99, drawn when a flow begins: the flow is enforced if its draw is below `enforce_percent`. */
export type Draw = number;

/** The number of different draws. */
export const DRAWS = 100;

/** Enforced if any flow of the client is. */
export const FIRST_DRAW: Draw = 0;

/**
 * Enforced only if every flow of the client is. For requests without a known flow: their login may have been drawn to be
 * reported, and must not break.
 */
export const LAST_DRAW: Draw = DRAWS - 1;

/**
 * The mode in force at a moment (epoch milliseconds) for a flow with this draw. With the first draw: whether any flow is
 * enforced.
 */
export function effectiveMode(policy: ClientPolicy, now: number, draw: Draw = FIRST_DRAW): Mode {
  const share = enforcedShare(policy, now);
  if (share === NOT_LOOKED_AT) return 'off';
  return draw < share ? 'enforce' : 'report';
}

const NOT_LOOKED_AT = -1;

/** The percentage of flows that are enforced at a moment; negative if the mode is off. */
export function enforcedShare(policy: ClientPolicy, now: number): number {
  const { alike } = policy;
  return alike === undefined ? shareOf(policy, now) : Math.max(...alike.map((one) => shareOf(one, now)));
}

function shareOf({ mode, enforceFrom, enforcePercent }: ClientPolicy, now: number): number {
  if (mode === 'off') return NOT_LOOKED_AT;
  if (mode === 'reject') return DRAWS;
  const enforces = enforceFrom === undefined ? mode === 'enforce' : now >= enforceFrom;
  return enforces ? enforcePercent : 0;
}

/** Whether this client may use this grant. */
export function allowsGrantType(
  { grantTypes }: Pick<ClientPolicy, 'grantTypes'>,
  grantType: string,
): boolean {
  return grantTypes === undefined || grantTypes.includes(grantType);
}
