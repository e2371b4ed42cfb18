/**
 * A model folder as Hugging Face lays it out, without its weights: tokenizer, template, context and
 * number format, for engines such as vLLM that run the model behind HTTP.
 * Source: tokenizer.json (tokenizers library), tokenizer_config.json, chat_template.jinja,
 * generation_config.json, config.json (transformers).
 */

import { bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import type { ChatTemplate, NumericProfile } from '@assay/jobs';
import { Tokenizer as HuggingFace } from '@huggingface/tokenizers';
import { bytesOfLetters } from './byte-letters.ts';
import { deriveTemplate } from './derive-template.ts';
import { EngineError } from './engine.ts';
import { at, type Json, type JsonObject } from './http/json.ts';
import type { Tokenizer } from './tokenizer.ts';

/** The text of a file of the folder; null when there is none. */
export type ReadModelFile = (name: string) => Promise<string | null>;

export interface HuggingFaceModel {
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate;
  /** What the weights are computed in, e.g. `bfloat16`. */
  readonly numberFormat: string;
  /** Tokens the model was trained to read. */
  readonly trainedTokens: number;
}

/** @throws EngineError engine/unavailable for a missing file, engine/unsupported for the template */
export async function readHuggingFaceModel(read: ReadModelFile): Promise<HuggingFaceModel> {
  const json = async (name: string): Promise<JsonObject> => {
    const text = await read(name);
    if (text === null) throw new EngineError('engine/unavailable', `the model has no ${name}`);
    return JSON.parse(text) as JsonObject;
  };
  const source = await read('tokenizer.json');
  const config = await json('tokenizer_config.json');
  const model = await json('config.json');
  if (source === null)
    throw new EngineError('engine/unavailable', 'the model has no tokenizer.json');
  const generation = JSON.parse((await read('generation_config.json')) ?? '{}') as JsonObject;
  const tokenizer = new HuggingFaceTokenizer(source, config, endIds(generation, model));
  const jinja = (await read('chat_template.jinja')) ?? at(config, 'chat_template');
  if (typeof jinja !== 'string') {
    throw new EngineError('engine/unsupported', 'the model has no single chat template: name one');
  }
  const template = deriveTemplate({
    source: jinja,
    beginText: tokenText(config, 'bos_token'),
    endText: tokenText(config, 'eos_token'),
    addBegin: at(config, 'add_bos_token') === true,
  });
  return {
    tokenizer,
    template,
    numberFormat: String(at(model, 'torch_dtype') ?? at(model, 'dtype') ?? 'unknown'),
    trainedTokens: Number(at(model, 'max_position_embeddings') ?? 4096),
  };
}

/** How vLLM computes such a model unless it is told otherwise. */
export function vllmProfile({ numberFormat }: HuggingFaceModel): NumericProfile {
  return {
    engineClass: 'vllm',
    weights: numberFormat,
    activations: numberFormat,
    keyValueCache: numberFormat,
    flashAttention: true,
  };
}

function endIds(generation: JsonObject, model: JsonObject): readonly number[] {
  const found = at(generation, 'eos_token_id') ?? at(model, 'eos_token_id');
  return (Array.isArray(found) ? found : [found]).filter(Number.isSafeInteger) as number[];
}

/** A token in a configuration is a text or an object with `content`. */
function tokenText(config: JsonObject, key: string): string {
  const found = at(config, key);
  if (typeof found === 'string') return found;
  return String(at(found ?? null, 'content') ?? '');
}

class HuggingFaceTokenizer implements Tokenizer {
  readonly sha256: string;
  readonly vocabularySize: number;
  readonly beginId: number;
  readonly eosIds: readonly number[];
  readonly #special: HuggingFace;
  /** Without control tokens: what people typed is never read as one. */
  readonly #plain: HuggingFace;
  readonly #json: JsonObject;

  constructor(source: string, config: JsonObject, eosIds: readonly number[]) {
    const json = JSON.parse(source) as JsonObject;
    const added = (json.added_tokens ?? []) as readonly Json[];
    const kept = added.filter((token) => at(token, 'special') !== true);
    this.#json = json;
    this.#special = new HuggingFace(json, config);
    this.#plain = new HuggingFace({ ...json, added_tokens: kept }, config);
    this.sha256 = bytesToHex(sha256(bytesFromUtf8(source)));
    const ids = [...this.#special.get_vocab(true).values()];
    this.vocabularySize = ids.reduce((most, id) => Math.max(most, id), -1) + 1;
    const end = this.#special.token_to_id(tokenText(config, 'eos_token'));
    this.eosIds = [...new Set([...eosIds, ...(end === undefined ? [] : [end])])];
    const begin = this.#special.token_to_id(tokenText(config, 'bos_token'));
    this.beginId = begin ?? this.eosIds[0] ?? 0;
  }

  tokenize(text: string, special = false): readonly number[] {
    if (text === '') return [];
    const tokenizer = special ? this.#special : this.#plain;
    return tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  detokenize(ids: readonly number[]): string {
    const options = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
    const spoken = ids.filter((id) => !this.eosIds.includes(id));
    return spoken.length === 0 ? '' : this.#special.decode(spoken, options);
  }

  /** Byte-level BPE maps bytes to letters; SentencePiece models fall back to `<0xNN>`. */
  pieces(): readonly Uint8Array[] | null {
    const decoder = JSON.stringify(this.#json.decoder ?? null);
    const byteLevel = decoder.includes('"ByteLevel"');
    if (!byteLevel && !decoder.includes('"ByteFallback"')) return null;
    const controls = new Set(
      ((this.#json.added_tokens ?? []) as readonly Json[])
        .filter((token) => at(token, 'special') === true)
        .map((token) => at(token, 'id')),
    );
    const pieces = new Array<Uint8Array>(this.vocabularySize).fill(new Uint8Array());
    for (const [token, id] of this.#special.get_vocab(true)) {
      if (controls.has(id) || this.eosIds.includes(id)) continue;
      const byte = /^<0x([0-9A-F]{2})>$/.exec(token);
      if (byteLevel) pieces[id] = bytesOfLetters(token);
      else if (byte !== null) pieces[id] = Uint8Array.of(Number.parseInt(byte[1]!, 16));
      else pieces[id] = bytesFromUtf8(token.replaceAll('\u2581', ' '));
    }
    return pieces;
  }
}
