// Starts the built program under one of its names: assay, stx, infer-node, infer-signer.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A reader that goes away (`assay ... | head`) ends the program like a signal, without a trace. */
function endWithReader(stream) {
  let isTold = false;
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
    if (!isTold) process.kill(process.pid, 'SIGTERM');
    isTold = true;
  });
}

export async function launch(name) {
  endWithReader(process.stdout);
  endWithReader(process.stderr);
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
