/**
 * LiteLLM's proxy in front of a stand-in for a model server, where it is installed (`pip install
 * 'litellm[proxy]'`; `LITELLM` names the program when it is not on the PATH).
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const KEY = 'sk-bench';
const START_TRIES = 600;

export function findLiteLlm(): string | null {
  const program = process.env.LITELLM ?? 'litellm';
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore', timeout: 60_000 });
    return program;
  } catch {
    return null;
  }
}

export interface StandIn {
  readonly url: string;
  close(): void;
}

/** Answers every chat completion at once, with one token. */
export async function serveAtOnce(): Promise<StandIn> {
  const answer = JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'stand-in',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Yes' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 9, completion_tokens: 1, total_tokens: 10 },
  });
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(answer);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, close: () => server.close() };
}

export interface Proxy extends StandIn {
  readonly key: string;
}

export async function startLiteLlm(program: string, upstream: string): Promise<Proxy> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-litellm-'));
  const config = {
    model_list: [
      {
        model_name: 'stand-in',
        litellm_params: { model: 'openai/stand-in', api_base: upstream, api_key: 'none' },
      },
    ],
    general_settings: { master_key: KEY },
  };
  const path = join(folder, 'config.yaml');
  writeFileSync(path, JSON.stringify(config)); // JSON is YAML.
  const free = createServer();
  await new Promise<void>((done) => free.listen(0, '127.0.0.1', done));
  const { port } = free.address() as AddressInfo;
  await new Promise((done) => free.close(done));
  const args = ['--config', path, '--host', '127.0.0.1', '--port', String(port)];
  const child = spawn(program, [...args, '--telemetry', 'False'], {
    stdio: 'ignore',
    env: { ...process.env, LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_LOG: 'ERROR' },
  });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < START_TRIES && child.exitCode === null; tries++) {
    const answer = await fetch(`${url}/health/liveliness`).catch(() => null);
    if (answer?.status === 200) {
      const close = () => {
        child.kill('SIGKILL');
        rmSync(folder, { recursive: true, force: true });
      };
      return { url: `${url}/v1`, key: KEY, close };
    }
    await new Promise((done) => setTimeout(done, 200));
  }
  child.kill('SIGKILL');
  throw new Error('LiteLLM did not start');
}
