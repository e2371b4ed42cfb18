// Starts the built program under one of its names: assay, stx, infer-node, infer-signer.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export async function launch(name) {
  const program = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'assay.js');
  if (!existsSync(program)) {
    console.error(`${name} is not built yet. Run: npm run build`);
    process.exit(1);
  }
  const { main } = await import(pathToFileURL(program).href);
  await main(name, process.argv.slice(2));
  // What a service had begun before it failed to start ends with it.
  if (process.exitCode) process.exit();
}
