/** The chat template of a GGUF file, as the frames of a manifest. */
import type { ChatTemplate } from '@assay/jobs';
import type { LlamaModel } from 'node-llama-cpp';
import { deriveTemplate } from './derive-template.ts';
import { EngineError } from './engine.ts';

/** @throws EngineError engine/unsupported when the file has no template, or one that fits no frames */
export function readTemplate(model: LlamaModel): ChatTemplate {
  const { tokenizer } = model.fileInfo.metadata;
  const source = tokenizer.chat_template;
  if (typeof source !== 'string' || source === '') {
    throw new EngineError('engine/unsupported', 'the model file has no chat template: name one');
  }
  return deriveTemplate({
    source,
    beginText: model.tokens.bosString ?? '',
    endText: model.tokens.eosString ?? '',
    addBegin: model.tokens.shouldPrependBosToken,
  });
}
