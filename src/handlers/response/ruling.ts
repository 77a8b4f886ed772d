import type { Changes } from '../../oauth/carriers/carrier.ts';

/** What becomes of a carrier on its way to the browser. */
export type Ruling =
  /** It is no response to a client, or none that anything is known of. */
  | 'unchanged'
  | { readonly changes: Changes }
  /** It must not arrive. The function answers in its place. */
  | { readonly withhold: () => void };
