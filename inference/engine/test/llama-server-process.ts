/** The real llama.cpp server as a child process on loopback, where one is installed. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** Tests and benchmarks run from the root of the repository. */
const BUILT = join(process.cwd(), '.cache', 'bin', 'llama-server');

/** `LLAMA_SERVER`, what `scripts/build-llama-server.mjs` built, or one on the PATH; null without any. */
export function findLlamaServer(): string | null {
  const folders = (process.env.PATH ?? '').split(':').map((folder) => join(folder, 'llama-server'));
  const places = [process.env.LLAMA_SERVER, BUILT, ...folders];
  const found = places.find((path) => path !== undefined && path !== '' && existsSync(path));
  if (found === undefined) return null;
  try {
    execFileSync(found, ['--version'], { stdio: 'ignore', timeout: 20_000 });
    return found;
  } catch {
    return null;
  }
}

export interface LlamaServerProcess {
  readonly baseUrl: string;
  stop(): Promise<void>;
}

/** Settings that compute as the embedded engine does. */
const SAME_NUMBERS = ['--flash-attn', 'off', '--threads', '1', '--threads-http', '2'];

export async function startLlamaServer(
  binary: string,
  modelPath: string,
  extra: readonly string[] = [],
): Promise<LlamaServerProcess> {
  const port = await freePort();
  const args = ['-m', modelPath, '--host', '127.0.0.1', '--port', String(port), ...SAME_NUMBERS];
  const child = spawn(binary, [...args, '--no-webui', ...extra], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  child.stderr?.on('data', (piece: Buffer) => said.push(String(piece)));
  const baseUrl = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null || tries > 300) {
      child.kill('SIGKILL');
      throw new Error(`llama-server did not start: ${said.join('').slice(-2000)}`);
    }
    const answer = await fetch(`${baseUrl}/health`).catch(() => null);
    if (answer?.status === 200) break;
    await new Promise((done) => setTimeout(done, 100));
  }
  return { baseUrl, stop: () => stop(child) };
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    child.once('exit', () => done());
    child.kill('SIGKILL');
  });
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => done(port));
    });
  });
}
