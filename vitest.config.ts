import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [
    {
      // The bundler reads .clar files as text; so do tests.
      name: 'clarity-as-text',
      enforce: 'pre',
      load(id) {
        const path = id.split('?')[0]!;
        if (!path.endsWith('.clar')) return null;
        return `export default ${JSON.stringify(readFileSync(path, 'utf8'))};`;
      },
    },
  ],
  test: {
    include: [
      '{base,format,rules,client,node,inference,apps}/*/test/**/*.test.ts',
      'contracts/test/**/*.test.ts',
      'sim/**/*.test.ts',
      'e2e/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    // Generous: a busy machine is no failure.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
