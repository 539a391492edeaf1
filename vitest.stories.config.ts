import { defineConfig } from 'vitest/config';

/** The stories run on lab hosts, one after the other: there is one machine. */
export default defineConfig({
  test: {
    include: ['test/stories/**/*.test.ts'],
    globalSetup: ['test/stories/support/teardown.ts'],
    pool: 'forks',
    fileParallelism: false,
    maxWorkers: 1,
    testTimeout: 30 * 60_000,
    hookTimeout: 60 * 60_000,
    bail: 0,
  },
});
