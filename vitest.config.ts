import { defineConfig } from 'vitest/config';

/** They mock a module, which no other file may have loaded before. */
const alone = ['test/client/restore.test.ts'];
const stories = 'test/stories/**';

export default defineConfig({
  test: {
    pool: 'forks',
    // Most of them wait for something most of the time.
    maxWorkers: 5,
    // MB, twice Node's own: young garbage is collected less often, by threads that five processes want on two cores.
    execArgv: ['--max-semi-space-size=32'],
    // Workflows run in the thread of their test: a thread of its own for each of some eighty workers loads the SDK anew.
    // The SDK's watch for workflows that never yield is off by it; with workers as users run them the stories have it.
    env: { TEMPORAL_DEBUG: '1' },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    globalSetup: ['test/scratch-folder.ts'],
    setupFiles: ['test/without-promise-hooks.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'many-a-process',
          include: ['test/**/*.test.ts'],
          exclude: [stories, ...alone],
          // Loading Temporal's packages anew for every file takes about as long as the tests.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: alone } },
    ],
  },
});
