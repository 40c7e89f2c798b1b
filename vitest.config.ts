import { defineConfig } from 'vitest/config';

/** One run for the whole tree: one PostgreSQL server for all integration tests, one closing count. */
export default defineConfig({
  test: {
    include: [
      'apps/*/test/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'docs/test/**/*.test.ts',
      'deploy/check/*.test.ts',
    ],
    globalSetup: ['./packages/test-kit/src/global-setup.ts'],
    reporters: ['default', ['json', { outputFile: 'node_modules/.cache/test-results.json' }]],
    testTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
    hookTimeout: 60_000,
  },
});
