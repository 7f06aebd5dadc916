const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '<rootDir>/test/jest-strip-types.mjs' },
};

/** One project per kind of test: `unit` needs nothing, `integration` an API server, `e2e` the whole ground. */
export default {
  workerIdleMemoryLimit: '512MB',
  // Far more than any test takes that does not say so itself, on a machine that is busy.
  testTimeout: 30_000,
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/{operator,apps}/**/*.test.ts',
        '<rootDir>/test/{ground,fakes,fake-node,bench,sim,traffic,chaos,claims,properties,e2e/harness}/**/*.test.ts',
      ],
    },
    { ...common, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.test.ts'] },
    {
      ...common,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/e2e/*.test.ts'],
      globalSetup: '<rootDir>/test/e2e/global-setup.ts',
      globalTeardown: '<rootDir>/test/e2e/global-teardown.ts',
    },
  ],
};
