import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Reporter, TestModule, TestSuite } from 'vitest/node';
import { type ProductResults, RESULTS_FILE, readResults } from '../test/servers/results.ts';

/** Saves the results of `npm run test:servers` for scripts/compatibility.ts. Results of incomplete suites stay unchanged. */
export default class CompatibilityReporter implements Reporter {
  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const seen = modules
      .flatMap((module) => [...module.children.suites()])
      .map(readSuite)
      .filter((entry) => entry !== undefined);
    await mkdir(dirname(RESULTS_FILE), { recursive: true });
    const results = { ...(await readResults()), ...Object.fromEntries(seen) };
    await writeFile(RESULTS_FILE, JSON.stringify(results, null, 2));
  }
}

function readSuite(suite: TestSuite): [id: string, ProductResults] | undefined {
  const tests = [...suite.children.tests()];
  const tried = tests.map((test) => test.meta().tried).filter((value) => value !== undefined);
  const [first] = tried;
  // Tests that `-t` excluded have no results.
  if (first === undefined || tried.length < tests.length) return undefined;
  const { id, product, version, shows, random } = first;
  const skipped = tests.map((test) => test.result()).find(({ state }) => state === 'skipped');
  if (skipped !== undefined && 'note' in skipped) {
    return [id, { product, version, shows, random, notRun: skipped.note ?? '', scenarios: [] }];
  }
  const scenarios = tried.map(({ route, scenario }, i) => ({
    route,
    scenario,
    passed: tests[i]?.result().state === 'passed',
  }));
  return [id, { product, version, shows, random, scenarios }];
}
