/** `assay ... | head`: a program whose reader is gone ends like any other, without a trace. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it.each(['assay', 'stx', 'infer-node', 'infer-signer'])('%s --help', async (name) => {
  const program = join(import.meta.dirname, '..', 'bin', `${name}.mjs`);
  const child = spawn(process.execPath, [program, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let told = '';
  child.stderr.on('data', (chunk) => {
    told += String(chunk);
  });
  const [code, signal] = await once(child, 'close');
  expect({ code, signal, told }).toEqual({ code: null, signal: 'SIGTERM', told: '' });
});
