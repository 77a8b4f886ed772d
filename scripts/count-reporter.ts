import type { Reporter, TestModule } from 'vitest/node';

/** Closes a test run with what it had to leave out, and with one plain line that every tool can read: `N passed, N failed`. */
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
      // A file that does not even load is a failure, although it holds no test.
      if (module.children.size === 0 && module.state() === 'failed') counts.failed += 1;
    }
    for (const note of notes) console.log(`*** ${note} ***`);
    const skipped = counts.skipped + counts.pending;
    console.log(
      `${counts.passed} passed, ${counts.failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`,
    );
  }
}
