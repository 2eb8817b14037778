import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // One module graph for all files of a worker: starting and loading took longer than the tests. What
    // a file leaves behind (a replaced module, a changed environment) would reach the next one.
    isolate: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          setupFiles: ['test/propertySeed.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          expect: { poll: { timeout: 30_000 } },
          // Many tests wait for a time limit to pass.
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          setupFiles: ['test/propertySeed.ts'],
          testTimeout: 1_200_000,
          expect: { poll: { timeout: 60_000 } },
          hookTimeout: 1_200_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
