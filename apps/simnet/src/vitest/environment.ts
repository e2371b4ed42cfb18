/**
 * The vitest environment of contract tests: Node's, plus the options of `environmentOptions.clarinet`
 * where the setup file finds them. The simnet itself is made by the setup file, in the same module
 * graph as the tests, so that both use one copy of @stacks/transactions.
 */
import { DEFAULT_OPTIONS } from './index.mjs';

interface TestGlobal {
  options?: { clarinet: unknown };
  testEnvironment?: string;
}

export default {
  name: 'clarinet',
  viteEnvironment: 'ssr',
  setup(global: TestGlobal, options: Readonly<Record<string, unknown>>) {
    const given = options.clarinet ?? options.simnet ?? {};
    global.options = { clarinet: { ...DEFAULT_OPTIONS, ...given } };
    global.testEnvironment = 'clarinet';
    return {
      teardown(environment: TestGlobal) {
        delete environment.options;
        delete environment.testEnvironment;
      },
    };
  },
};
