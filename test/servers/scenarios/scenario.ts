import type { Product } from '../product.ts';
import type { Route, Stage } from '../stage/stage.ts';

/** One thing that is tried on each product: a test, and a row of docs/compatibility.md. */
export type Scenario = {
  readonly name: string;
  readonly route: Exclude<Route, 'straight'>;
  /** Whether the product can do what is tried. Default: each can. */
  appliesTo?(product: Product): boolean;
  run(stage: Stage): Promise<void>;
};
