import type { Changes } from '../../oauth/carriers/carrier.ts';

/** What to do with a carrier. */
export type Ruling =
  /** It is not a response to a client, or nothing is known about it. */
  | 'unchanged'
  | { readonly changes: Changes }
  /** It must be withheld. The function answers instead. */
  | { readonly withhold: () => void };
