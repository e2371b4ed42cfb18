/** The path people write in `test.environment`; see src/vitest/environment.ts. */
export { default } from './src/vitest/environment.ts';
