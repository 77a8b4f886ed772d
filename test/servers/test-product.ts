import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { installationFolder } from './install/install.ts';
import { NotInstallable } from './install/not-installable.ts';
import type { Product } from './product.ts';
import { DETOUR_SCENARIOS } from './scenarios/detours.ts';
import { ENFORCE } from './scenarios/enforce.ts';
import { REPORT } from './scenarios/report.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { type Stage, startStage } from './stage/stage.ts';

const SCENARIOS: readonly Scenario[] = [...ENFORCE, ...REPORT, ...DETOUR_SCENARIOS];

/** Installs the product, starts it, and tries every scenario that it can take part in. */
export function testProduct(product: Product): void {
  describe(`${product.name} ${product.release}`, () => {
    let stage: Stage | undefined;
    let version: string | undefined;
    let whyNot: string | undefined;
    beforeAll(async () => {
      const folder = await installationFolder(`${product.name}-${product.release}`.replace(/[^\w.-]+/g, '-'));
      try {
        version = await product.install(folder);
      } catch (error) {
        if (!(error instanceof NotInstallable)) throw error;
        whyNot = error.message;
        return;
      }
      stage = await startStage(product, folder);
    });
    afterAll(() => stage?.[Symbol.asyncDispose]());
    beforeEach(({ skip }) => {
      skip(whyNot !== undefined, `${product.name} ${product.release} WAS NOT RUN: ${whyNot}`);
    });

    for (const scenario of SCENARIOS) {
      if (scenario.appliesTo?.(product) === false) continue;
      test(`${scenario.route}: ${scenario.name}`, async () => {
        expect(version).toBeTypeOf('string');
        stage?.take(scenario.route);
        await scenario.run(stage as Stage);
      });
    }
  });
}
