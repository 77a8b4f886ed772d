import type { Product } from '../product.ts';
import type { Route, Stage } from '../stage/stage.ts';

/** One scenario for each product: a test, and a row of docs/compatibility.md. */
export type Scenario = {
  readonly name: string;
  readonly route: Exclude<Route, 'straight'>;
  /** Whether the product supports the scenario. Default: yes. */
  appliesTo?(product: Product): boolean;
  run(stage: Stage): Promise<void>;
};
