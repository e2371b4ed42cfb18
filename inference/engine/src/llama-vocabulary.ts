/**
 * The vocabulary of a GGUF file as the project names and reads it: its hash, which tokens end a text,
 * and the bytes that each token adds. Source: ggml docs/gguf.md (tokenizer.ggml.*); llama.cpp
 * `llama_token_attr` for the token types.
 */
import { createHash } from 'node:crypto';
import { ByteWriter, bytesFromUtf8 } from '@assay/bytes';
import type { LlamaModel, Token } from 'node-llama-cpp';
import { bytesOfLetters } from './byte-letters.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface GgmlTokenizer {
  readonly model: string;
  readonly tokens: readonly string[];
  readonly scores?: readonly number[];
  readonly token_type?: readonly number[];
  readonly merges?: readonly string[];
}

/** `"tokenizer-v1" | model | n x (piece, score as f32, type) | merges`, strings behind u32 lengths. */
export function hashVocabulary(ggml: GgmlTokenizer): string {
  const writer = new ByteWriter(1 << 16);
  const score = new DataView(new ArrayBuffer(4));
  const string = (text: string) => {
    const bytes = bytesFromUtf8(text);
    writer.u32(bytes.length).raw(bytes);
  };
  string('tokenizer-v1');
  string(ggml.model);
  writer.u32(ggml.tokens.length);
  for (const [id, piece] of ggml.tokens.entries()) {
    string(piece);
    score.setFloat32(0, ggml.scores?.[id] ?? 0);
    writer.u32(score.getUint32(0)).u32(ggml.token_type?.[id] ?? 0);
  }
  for (const merge of ggml.merges ?? []) string(merge);
  return createHash('sha256').update(writer.finish()).digest('hex');
}

const NO_BYTES = new Uint8Array();
const TYPE = { normal: 1, userDefined: 4, byte: 6 } as const;

/** Bytes by id: SentencePiece writes a space as U+2581, GPT-2's family maps bytes to letters. */
export function vocabularyPieces(ggml: GgmlTokenizer): readonly Uint8Array[] | null {
  const read = PIECE_READERS[ggml.model];
  if (read === undefined) return null;
  return ggml.tokens.map((token, id) => {
    const type = ggml.token_type?.[id] ?? TYPE.normal;
    if (type === TYPE.userDefined) return bytesFromUtf8(token);
    if (type === TYPE.byte) return byteToken(token);
    return type === TYPE.normal ? read(token) : NO_BYTES;
  });
}

const PIECE_READERS: Readonly<Record<string, (token: string) => Uint8Array>> = {
  llama: (token) => bytesFromUtf8(token.replaceAll('\u2581', ' ')),
  gpt2: (token) => bytesOfLetters(token),
};

function byteToken(token: string): Uint8Array {
  const match = /^<0x([0-9A-F]{2})>$/.exec(token);
  return match === null ? bytesFromUtf8(token) : Uint8Array.of(Number.parseInt(match[1]!, 16));
}

/** The tokenizer inside a loaded model. */
export class LlamaTokenizer implements Tokenizer {
  readonly sha256: string;
  readonly vocabularySize: number;
  readonly beginId: number;
  readonly eosIds: readonly number[];
  readonly #model: LlamaModel;
  readonly #ggml: GgmlTokenizer;
  #pieces: readonly Uint8Array[] | null | undefined;

  constructor(model: LlamaModel) {
    this.#model = model;
    this.#ggml = model.fileInfo.metadata.tokenizer.ggml;
    this.sha256 = hashVocabulary(this.#ggml);
    this.vocabularySize = this.#ggml.tokens.length;
    const eosIds: number[] = [];
    for (let id = 0; id < this.vocabularySize; id++) {
      if (model.isEogToken(id as Token)) eosIds.push(id);
    }
    this.eosIds = eosIds;
    this.beginId = model.tokens.bos ?? eosIds[0] ?? 0;
  }

  tokenize(text: string, special = false): readonly number[] {
    return text === '' ? [] : this.#model.tokenize(text, special);
  }

  detokenize(ids: readonly number[]): string {
    const spoken = ids.filter((id) => !this.eosIds.includes(id));
    return this.#model.detokenize(spoken as unknown as readonly Token[], false);
  }

  pieces(): readonly Uint8Array[] | null {
    if (this.#pieces === undefined) this.#pieces = vocabularyPieces(this.#ggml);
    return this.#pieces;
  }
}
