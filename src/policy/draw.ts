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
