/**
 * A GGUF file without its weights in memory: tokenizer, template and hash, for engines that run the
 * model behind HTTP.
 */
import type { ChatTemplate, NumericProfile } from '@assay/jobs';
import type { LlamaModel } from 'node-llama-cpp';
import { EngineError } from './engine.ts';
import { acquireLlama, hashFile, releaseLlama } from './llama-runtime.ts';
import { readTemplate } from './llama-template.ts';
import { LlamaTokenizer } from './llama-vocabulary.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface GgufModel {
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate;
  readonly weightsSha256: string;
  /** As llama.cpp computes it on a CPU with its cache in F16 and without flash attention. */
  readonly profile: NumericProfile;
  /** Tokens the model was trained to read. */
  readonly trainedTokens: number;
  close(): Promise<void>;
}

/** @throws EngineError engine/unavailable when the file is none; engine/unsupported for its template */
export async function openGgufModel(
  path: string,
  options: { readonly template?: ChatTemplate } = {},
): Promise<GgufModel> {
  const llama = await acquireLlama();
  try {
    const model = await llama.loadModel({ modelPath: path, vocabOnly: true });
    return {
      tokenizer: new LlamaTokenizer(model),
      template: options.template ?? readTemplate(model),
      weightsSha256: await hashFile(path),
      profile: ggufProfile(model, {}),
      // Of a model that was loaded for its words only, llama.cpp says nothing about the context.
      trainedTokens: Number(model.fileInfo.architectureMetadata.context_length ?? 0),
      close: async () => {
        await model.dispose();
        await releaseLlama();
      },
    };
  } catch (error) {
    await releaseLlama();
    if (error instanceof EngineError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError('engine/unavailable', `cannot read ${path}: ${reason}`, { cause: error });
  }
}

const FILE_TYPES: Readonly<Record<number, string>> = {
  0: 'f32',
  1: 'f16',
  2: 'q4_0',
  7: 'q8_0',
  8: 'q5_0',
  32: 'bf16',
};

/** How llama.cpp computes a file under these settings. */
export function ggufProfile(
  model: LlamaModel,
  settings: { readonly keyValueCache?: string; readonly flashAttention?: boolean },
): NumericProfile {
  const fileType = Number(model.fileInfo.metadata.general.file_type ?? -1);
  return {
    engineClass: 'llama.cpp-cpu',
    weights: FILE_TYPES[fileType] ?? `ftype-${fileType}`,
    activations: 'f32',
    keyValueCache: (settings.keyValueCache ?? 'F16').toLowerCase(),
    flashAttention: settings.flashAttention ?? false,
  };
}

/** Tokens of context an engine of this project opens a model with, unless it is told otherwise. */
export function usualContext(trainedTokens: number): number {
  return Math.min(trainedTokens, CONTEXT_TOKENS_MAX);
}

const CONTEXT_TOKENS_MAX = 4096;
