/**
 * Opens a model where it runs: in this process, or behind a server, with what that server must be told
 * about the model's own files.
 */
import { existsSync, statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import {
  type Engine,
  EngineError,
  openCompletionsServer,
  openLlamaServer,
  openOllama,
  type RemoteModel,
  readHuggingFaceModel,
  vllmProfile,
} from '@assay/engine';
import { nodeWorld } from '@assay/world/node';
import type { ModelSource } from './model-source.ts';
import { UserError } from './user-error.ts';

/** Digits of the weights' hash in the name of a model whose file has none. */
const NAME_DIGITS = 16;

export interface OpenedEngine {
  readonly engine: Engine;
  readonly name: string;
  readonly weights: {
    readonly format: 'gguf' | 'safetensors' | 'none';
    readonly sizeBytes: number;
  };
}

/** @throws EngineError, UserError */
export function openEngine(source: ModelSource, path: string): Promise<OpenedEngine> {
  switch (source.engine) {
    case 'node-llama-cpp':
      return openEmbedded(source, path);
    case 'llama-server':
      return openLlama(source, path);
    case 'vllm':
    case 'openai':
      return openCompletions(source);
    case 'ollama':
      return openOllamaModel(source);
  }
}

async function openEmbedded(
  { threads, parallel }: ModelSource,
  path: string,
): Promise<OpenedEngine> {
  const { openLlamaEngine } = await import('@assay/engine/llama');
  const engine = await openLlamaEngine({
    modelPath: path,
    threads,
    parallelSequences: parallel,
    prefixReuse: true,
    embeddings: true,
  });
  return { engine, name: await ggufName(path, engine.info.weightsSha256), weights: gguf(path) };
}

async function openLlama(source: ModelSource, path: string): Promise<OpenedEngine> {
  const { openGgufModel, usualContext } = await import('@assay/engine/llama');
  const model = await openGgufModel(path);
  const contextTokens = usualContext(model.trainedTokens);
  const engine = await openLlamaServer({ ...server(source), model, contextTokens });
  if (engine.info.contextTokens < contextTokens) {
    throw new UserError(
      'cli/server-context',
      `The server reads ${engine.info.contextTokens} tokens, judges of this model ${contextTokens}.`,
      `Start llama-server with -c ${contextTokens} for each of its slots.`,
    );
  }
  return { engine, name: await ggufName(path, model.weightsSha256), weights: gguf(path) };
}

/** Without the model's own files its server can only be believed. */
async function openCompletions(source: ModelSource): Promise<OpenedEngine> {
  const { engine: kind, modelName, path } = source;
  const { model, weights, name } = path === undefined ? NOT_KNOWN : await modelFiles(path);
  const engine = await openCompletionsServer({
    ...server(source),
    kind: kind === 'vllm' ? 'vllm' : 'openai',
    model,
    ...(modelName === undefined ? {} : { modelName }),
    parallelSequences: source.parallel,
  });
  return { engine, name: name || (modelName ?? kind), weights };
}

async function openOllamaModel(source: ModelSource): Promise<OpenedEngine> {
  if (source.modelName === undefined) {
    throw new UserError(
      'cli/engine-model',
      'Ollama has many models.',
      'Name one with --model-name, for example --model-name qwen3:4b.',
    );
  }
  const engine = await openOllama({ ...server(source), modelName: source.modelName });
  return { engine, name: source.modelName, weights: { format: 'none', sizeBytes: 0 } };
}

function server({ baseUrl, apiKey }: ModelSource) {
  return {
    world: nodeWorld(),
    baseUrl: baseUrl!,
    ...(apiKey === undefined ? {} : { apiKey }),
  };
}

function gguf(path: string): OpenedEngine['weights'] {
  return { format: 'gguf', sizeBytes: statSync(path).size };
}

/** The file's own name for its model, as far as the registry can hold it. */
async function ggufName(path: string, weightsSha256: string): Promise<string> {
  const { readGgufFileInfo } = await import('node-llama-cpp');
  const { metadata } = await readGgufFileInfo(path, { logWarnings: false });
  const name = String(metadata.general.name ?? '').replace(/[^ -~]/g, '');
  return name === '' ? `gguf-${weightsSha256.slice(0, NAME_DIGITS)}` : name;
}

interface Described {
  readonly model: RemoteModel | null;
  readonly weights: OpenedEngine['weights'];
  readonly name: string;
}

const NOT_KNOWN: Described = { model: null, weights: { format: 'none', sizeBytes: 0 }, name: '' };

async function modelFiles(path: string): Promise<Described> {
  if (statSync(path).isDirectory()) return folderModel(path);
  const { openGgufModel } = await import('@assay/engine/llama');
  const model = await openGgufModel(path);
  return { model, weights: gguf(path), name: await ggufName(path, model.weightsSha256) };
}

/** A Hugging Face folder; its weights are named by the hashes of its safetensors files. */
async function folderModel(folder: string): Promise<Described> {
  const { hashFile } = await import('@assay/engine/llama');
  const read = async (name: string) => {
    const path = join(folder, name);
    return existsSync(path) ? await readFile(path, 'utf8') : null;
  };
  const found = await readHuggingFaceModel(read);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.safetensors')).sort();
  if (names.length === 0) {
    throw new EngineError('engine/unavailable', 'the folder has no .safetensors files');
  }
  let listing = '';
  let sizeBytes = 0;
  for (const name of names) {
    listing += `${await hashFile(join(folder, name))}  ${name}\n`;
    sizeBytes += statSync(join(folder, name)).size;
  }
  const weightsSha256 = bytesToHex(sha256(bytesFromUtf8(listing)));
  const { tokenizer, template } = found;
  const model = { tokenizer, template, weightsSha256, profile: vllmProfile(found) };
  return { model, weights: { format: 'safetensors', sizeBytes }, name: basename(folder) };
}
