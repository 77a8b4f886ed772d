/** What a flow draws when it begins, a whole number from 0 to 99: it is enforced where its draw is below `enforce_percent`. */
export type Draw = number;

/** How many there are. */
export const DRAWS = 100;

/** Enforced as soon as any flow of the client is. */
export const FIRST_DRAW: Draw = 0;

/**
 * Enforced only where every flow of the client is. For what belongs to no known flow: the login may have been drawn to be
 * reported, and must not break.
 */
export const LAST_DRAW: Draw = DRAWS - 1;
