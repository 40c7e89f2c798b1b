import { defineConfig } from 'vitest/config';

/** One stack after the other, each brought up, used, damaged and taken down in the order of its file: the first failure ends the run. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['./test/engine.ts'],
    fileParallelism: false,
    bail: 1,
    reporters: ['default', ['json', { outputFile: '../node_modules/.cache/container-results.json' }]],
    testTimeout: 300_000,
    hookTimeout: 1_200_000,
  },
});
