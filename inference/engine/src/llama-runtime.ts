/**
 * llama.cpp in this process: loaded once, kept while an engine or a tokenizer is open.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Llama } from 'node-llama-cpp';
import { EngineError } from './engine.ts';

let shared: Promise<Llama> | null = null;
let users = 0;

/** @throws EngineError engine/unavailable when the binary does not load here */
export async function acquireLlama(): Promise<Llama> {
  users += 1;
  shared ??= loadLlama();
  try {
    return await shared;
  } catch (error) {
    users -= 1;
    shared = null;
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError('engine/unavailable', `llama.cpp does not load here: ${reason}`, {
      cause: error,
    });
  }
}

export async function releaseLlama(): Promise<void> {
  users -= 1;
  if (users > 0 || shared === null) return;
  const llama = await shared;
  shared = null;
  await llama.dispose();
}

/**
 * Quirk: the loader tries the binary in a forked child that inherits this process's Node flags, and
 * flags such as `--input-type` or `--eval` break it. The flags are hidden while it does.
 */
async function loadLlama(): Promise<Llama> {
  const { getLlama, LlamaLogLevel } = await import('node-llama-cpp');
  const flags = process.execArgv;
  process.execArgv = [];
  try {
    return await getLlama({
      gpu: false,
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      logLevel: LlamaLogLevel.error,
    });
  } finally {
    process.execArgv = flags;
  }
}

/** SHA-256 of a file, 64 hex digits. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part as Uint8Array);
  return hash.digest('hex');
}
