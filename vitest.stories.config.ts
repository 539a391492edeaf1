import { defineConfig } from 'vitest/config';

/** The stories run on lab hosts, one after the other: there is one machine. */
export default defineConfig({
  test: {
    include: ['test/stories/**/*.test.ts'],
    // npm run test:lab -- --all: those too that show one part's loss at a time, or another shape of cluster.
    exclude: [
      ...(process.env.HOLDFAST_ALL_STORIES
        ? []
        : ['test/stories/availability/more/**', 'test/stories/topologies/**']),
      // npm run test:kubespray -- --source PATH
      ...(process.env.HOLDFAST_KUBESPRAY_SOURCE ? [] : ['test/stories/kubespray/**']),
    ],
    globalSetup: ['test/stories/support/teardown.ts'],
    pool: 'forks',
    fileParallelism: false,
    maxWorkers: 1,
    testTimeout: 30 * 60_000,
    hookTimeout: 60 * 60_000,
    bail: 0,
  },
});
