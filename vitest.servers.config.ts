import { defineConfig } from 'vitest/config';

/** Products that others wrote, installed as anybody would: `npm run test:servers`. See test/servers/README.md. */
export default defineConfig({
  test: {
    include: ['test/servers/**/*.test.ts'],
    testTimeout: 60_000,
    // The first run on a machine downloads and builds.
    hookTimeout: 900_000,
    maxWorkers: 2,
    allowOnly: false,
    reporters: ['default', './scripts/compatibility-reporter.ts', './scripts/count-reporter.ts'],
  },
});
