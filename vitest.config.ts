import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They install whole products, so they have a command of their own: npm run test:servers.
    exclude: [...configDefaults.exclude, 'test/servers/**'],
    testTimeout: 60_000,
    hookTimeout: 30_000,
    // By itself, vitest waits one second for what a test polls, which a busy machine does not always give.
    expect: { poll: { timeout: 10_000 } },
    // Most of a test's time is waiting for processes and sockets. By itself, vitest leaves a processor free.
    maxWorkers: availableParallelism() + 1,
    allowOnly: false,
    reporters: ['default', './scripts/count-reporter.ts'],
  },
});
