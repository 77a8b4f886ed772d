import { readFileSync, writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

type Counts = { passed: number; failed: number; skipped: number };

/**
 * Ends a test run with the notes of skipped tests and one plain line for other tools: `N passed, N failed`. Runs with the same
 * COUNTS_FILE are added up.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    const notes = new Set<string>();
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const result = test.result();
        counts[result.state] += 1;
        if (result.state === 'skipped' && result.note !== undefined) notes.add(result.note);
      }
      // A file that fails to load is a failure, although it contains no test.
      if (module.children.size === 0 && module.state() === 'failed') counts.failed += 1;
    }
    for (const note of notes) console.log(`*** ${note} ***`);
    const { passed, failed, skipped, pending } = counts;
    const total = addToEarlierRuns({ passed, failed, skipped: skipped + pending });
    console.log(
      `${total.passed} passed, ${total.failed} failed${total.skipped === 0 ? '' : `, ${total.skipped} skipped`}`,
    );
  }
}

function addToEarlierRuns(counts: Counts): Counts {
  const file = process.env['COUNTS_FILE'];
  if (file === undefined) return counts;
  const earlier: Partial<Counts> = JSON.parse(readFileSync(file, 'utf8') || '{}');
  const total = {
    passed: counts.passed + (earlier.passed ?? 0),
    failed: counts.failed + (earlier.failed ?? 0),
    skipped: counts.skipped + (earlier.skipped ?? 0),
  };
  writeFileSync(file, JSON.stringify(total));
  return total;
}
