/** Which engine runs a model: flags, configuration, keys, and what is refused before anything starts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readHostToml } from '../src/config/host-toml.ts';
import { openModelSource } from '../src/model-file.ts';
import { describeSource, modelSource } from '../src/model-source.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-source-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

describe('the source of a model', () => {
  it('is the embedded engine and the small model unless told otherwise', () => {
    expect(modelSource({})).toMatchObject({ engine: 'node-llama-cpp', path: undefined });
    expect(describeSource(modelSource({}))).toEqual({
      engine: 'node-llama-cpp',
      model: 'the small model of this project',
    });
  });

  it('an unknown engine, a server without address and an address without engine are refused', () => {
    const cases = [
      [{ engine: 'gpt' }, 'cli/engine'],
      [{ engine: 'vllm' }, 'cli/engine-url'],
      [{ baseUrl: 'http://127.0.0.1:1' }, 'cli/engine-url'],
    ] as const;
    for (const [settings, code] of cases) {
      expect(() => modelSource(settings)).toThrowError(expect.objectContaining({ code }));
    }
  });

  it('the key comes from a file or the environment and is never told', () => {
    const remote = { engine: 'openai', baseUrl: 'http://127.0.0.1:1' };
    const file = join(folder, 'key');
    writeFileSync(file, 'sk-from-file\n');
    const fromFile = modelSource({ ...remote, apiKeyFile: file });
    expect(fromFile.apiKey).toBe('sk-from-file');
    vi.stubEnv('ASSAY_ENGINE_API_KEY', 'sk-from-env');
    const fromEnvironment = modelSource(remote);
    expect(fromEnvironment.apiKey).toBe('sk-from-env');
    expect(modelSource({}).apiKey).toBeUndefined();
    for (const source of [fromFile, fromEnvironment]) {
      expect(JSON.stringify(describeSource(source))).not.toContain('sk-from');
    }
    expect(modelSource({ ...remote, apiKeyFile: file }).apiKey).toBe('sk-from-file');
  });

  it('host.toml names engine, server and model', () => {
    const path = join(folder, 'host.toml');
    writeFileSync(
      path,
      `node_host = "127.0.0.1:20443"
endpoint = "127.0.0.1:8000"
db_path = "/nowhere"
account_key = "00"
operating_key = "00"
model_file = "/models/a.gguf"
engine = "llama-server"
base_url = "http://127.0.0.1:8080"
capacity = 4
`,
    );
    expect(modelSource(readHostToml(path).model)).toMatchObject({
      engine: 'llama-server',
      path: '/models/a.gguf',
      baseUrl: 'http://127.0.0.1:8080',
      parallel: 4,
    });
  });

  it('a server that is not there is one sentence', async () => {
    const source = modelSource({
      engine: 'ollama',
      baseUrl: 'http://127.0.0.1:1',
      modelName: 'qwen3:4b',
    });
    await expect(openModelSource(source)).rejects.toMatchObject({ code: 'cli/model-unusable' });
    const nameless = modelSource({ engine: 'ollama', baseUrl: 'http://127.0.0.1:1' });
    await expect(openModelSource(nameless)).rejects.toMatchObject({ code: 'cli/engine-model' });
    const missing = modelSource({ path: join(folder, 'none.gguf') });
    await expect(openModelSource(missing)).rejects.toMatchObject({ code: 'cli/no-model-file' });
  });
});
