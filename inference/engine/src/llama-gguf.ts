/**
 * A GGUF file without its weights in memory: tokenizer, template and hash, for engines that run the
 * model behind HTTP.
 */
import type { ChatTemplate } from '@assay/jobs';
import { EngineError } from './engine.ts';
import { acquireLlama, hashFile, releaseLlama } from './llama-runtime.ts';
import { readTemplate } from './llama-template.ts';
import { LlamaTokenizer } from './llama-vocabulary.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface GgufModel {
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate;
  readonly weightsSha256: string;
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
      trainedTokens: model.trainContextSize,
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
