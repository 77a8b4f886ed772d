import { afterAll, beforeAll, describe, test } from 'vitest';
import { installationFolder } from './install/install.ts';
import { NotInstallable } from './install/not-installable.ts';
import type { Product } from './product.ts';
import { DETOUR_SCENARIOS } from './scenarios/detours.ts';
import { ENFORCE } from './scenarios/enforce.ts';
import { KEYCLOAK } from './scenarios/keycloak.ts';
import { OPENID } from './scenarios/openid.ts';
import { OWN_PKCE } from './scenarios/own-pkce.ts';
import { REPORT } from './scenarios/report.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { type Stage, startStage } from './stage/stage.ts';

const SCENARIOS: readonly Scenario[] = [
  ...OPENID,
  ...OWN_PKCE,
  ...ENFORCE,
  ...REPORT,
  ...DETOUR_SCENARIOS,
  ...KEYCLOAK,
];

/** Installs the product, starts it, and runs every scenario that it supports. */
export function testProduct(product: Product): void {
  const id = `${product.name} ${product.release}`;
  describe(id, () => {
    let version = product.release;
    let stage: Stage | Error;
    beforeAll(async () => {
      const folder = await installationFolder(id.replace(/[^\w.-]+/g, '-'));
      try {
        version = await product.install(folder);
        stage = await startStage(product, folder);
      } catch (error) {
        stage = error as Error;
      }
    });
    afterAll(async () => {
      if (!(stage instanceof Error)) await stage[Symbol.asyncDispose]();
    });

    for (const scenario of SCENARIOS) {
      if (scenario.appliesTo?.(product) === false) continue;
      test(`${scenario.route}: ${scenario.name}`, async ({ skip, task }) => {
        task.meta.tried = {
          id,
          product: product.name,
          version,
          shows: product.shows,
          random: product.random.map(({ what }) => what),
          route: scenario.route,
          scenario: scenario.name,
        };
        if (stage instanceof NotInstallable) skip(`${id} WAS NOT RUN: ${stage.message}`);
        if (stage instanceof Error) throw stage;
        stage.take(scenario.route);
        await scenario.run(stage);
      });
    }
  });
}
