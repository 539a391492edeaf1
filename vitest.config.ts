import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/stories/**'],
    pool: 'forks',
    // Most of them wait for something most of the time.
    maxWorkers: 5,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
