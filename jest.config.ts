// Jest runs the TypeScript sources as Node does: Node strips the types, nothing is transformed.
import type { Config } from 'jest';

const config: Config = {
  testEnvironment: '<rootDir>/test/support/environment.ts',
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  // Exists in the editor only.
  moduleNameMapper: { '^vscode$': '<rootDir>/test/support/pretend-vscode.ts' },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  testTimeout: 30_000,
  maxWorkers: 2,
};

export default config;
