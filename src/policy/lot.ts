/** What a flow draws when it begins, a whole number from 0 to 99: enforced is a flow whose lot is below `enforce_percent`. */
export type Lot = number;

/** How many there are. */
export const LOTS = 100;

/** Enforced as soon as any flow of the client is. */
export const FIRST_LOT: Lot = 0;

/**
 * Enforced where every flow of the client is. For what belongs to no known flow: a login that was not enforced may have lost
 * its flow with the store, or never had one, and must not break for it.
 */
export const LAST_LOT: Lot = LOTS - 1;
