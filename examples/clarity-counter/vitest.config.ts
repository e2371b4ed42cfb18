import {
  getClarinetVitestsArgv,
  vitestEnvironmentPath,
  vitestSetupFilePath,
} from '@assay/simnet/vitest';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    environment: vitestEnvironmentPath,
    setupFiles: [vitestSetupFilePath],
    environmentOptions: { clarinet: getClarinetVitestsArgv() },
  },
});
