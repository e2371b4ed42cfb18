/**
 * Builds a small Llama whose weights are random except for one idea: a few residual dimensions carry
 * the word class of the last token untouched through all layers, and the output matrix turns it into
 * the lexicon's grammar. What it says is readable and depends on the whole prompt; what it means is
 * nothing. Byte-identical for a seed: no clock, no library, only 64-bit float arithmetic.
 */
import { CLASS_COUNT, CLASS_LOGITS, FORBIDDEN_LOGIT } from '../lexicon.ts';
import { encodeGguf, type GgufTensor, type GgufType, type GgufValue } from './gguf.ts';
import { FILE_TYPES } from './tensor-types.ts';
import { buildVocabulary, RESERVED_DIMENSIONS, type Vocabulary } from './vocabulary.ts';

export interface BuildOptions {
  readonly seed: number;
  readonly type: GgufType;
  readonly name?: string;
  readonly layers?: number;
}

const WIDTH = 128;
const HEADS = 4;
const KEY_VALUE_WIDTH = 64;
const HIDDEN = 256;
const CONTEXT = 2048;
/** Residual values of the constant and of the active class, and the norm they end up with. */
const CONSTANT = 4;
const CLASS = 8;
const NORM = 1.4;

export function buildModel(options: BuildOptions): Uint8Array {
  const vocabulary = buildVocabulary();
  const random = createNormal(options.seed);
  const tensors: GgufTensor[] = [];
  const add = (name: string, rows: number, columns: number, values: Float32Array): void => {
    tensors.push({ name, dimensions: [columns, rows], type: options.type, values });
  };
  const norm = (name: string): void => {
    const values = new Float32Array(WIDTH).fill(1);
    tensors.push({ name, dimensions: [WIDTH], type: 'F32', values });
  };
  /** A random matrix; `quiet` keeps its hands off the reserved dimensions of the residual. */
  const matrix = (name: string, rows: number, columns: number, gain: number, quiet = false) => {
    const deviation = gain / Math.sqrt(columns);
    const values = Float32Array.from({ length: rows * columns }, () => deviation * random());
    if (quiet) values.fill(0, 0, RESERVED_DIMENSIONS * columns);
    add(name, rows, columns, values);
  };
  const { length } = vocabulary.pieces;
  add('token_embd.weight', length, WIDTH, embeddings(vocabulary, random));
  for (let layer = 0; layer < (options.layers ?? 4); layer++) {
    const at = `blk.${layer}.`;
    norm(`${at}attn_norm.weight`);
    matrix(`${at}attn_q.weight`, WIDTH, WIDTH, 1);
    matrix(`${at}attn_k.weight`, KEY_VALUE_WIDTH, WIDTH, 1);
    matrix(`${at}attn_v.weight`, KEY_VALUE_WIDTH, WIDTH, 0.7);
    matrix(`${at}attn_output.weight`, WIDTH, WIDTH, 0.7, true);
    norm(`${at}ffn_norm.weight`);
    matrix(`${at}ffn_gate.weight`, HIDDEN, WIDTH, 0.7);
    matrix(`${at}ffn_up.weight`, HIDDEN, WIDTH, 0.7);
    matrix(`${at}ffn_down.weight`, WIDTH, HIDDEN, 0.7, true);
  }
  norm('output_norm.weight');
  add('output.weight', length, WIDTH, outputs(vocabulary, random));
  return encodeGguf(metadata(options, vocabulary), tensors);
}

function embeddings(vocabulary: Vocabulary, random: () => number): Float32Array {
  const values = new Float32Array(vocabulary.pieces.length * WIDTH);
  vocabulary.classes.forEach((index, id) => {
    const row = values.subarray(id * WIDTH, (id + 1) * WIDTH);
    row[0] = CONSTANT;
    row[1 + index] = CLASS;
    for (let i = RESERVED_DIMENSIONS; i < WIDTH; i++) row[i] = random();
  });
  return values;
}

function outputs(vocabulary: Vocabulary, random: () => number): Float32Array {
  const values = new Float32Array(vocabulary.pieces.length * WIDTH);
  const spread = 1.2 / Math.sqrt(WIDTH - RESERVED_DIMENSIONS);
  vocabulary.classes.forEach((index, id) => {
    const row = values.subarray(id * WIDTH, (id + 1) * WIDTH);
    if (!vocabulary.speakable[id]) row[0] = ((FORBIDDEN_LOGIT - 2) * NORM) / CONSTANT;
    else {
      for (let from = 0; from < CLASS_COUNT; from++) {
        row[1 + from] = (CLASS_LOGITS[from]![index]! * NORM) / CLASS;
      }
    }
    for (let i = RESERVED_DIMENSIONS; i < WIDTH; i++) row[i] = spread * random();
  });
  return values;
}

const TEMPLATE =
  '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}' +
  '{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}';

function metadata(
  options: BuildOptions,
  vocabulary: Vocabulary,
): Readonly<Record<string, GgufValue>> {
  const u32 = (value: number): GgufValue => ({ kind: 'u32', value });
  const f32 = (value: number): GgufValue => ({ kind: 'f32', value });
  const string = (value: string): GgufValue => ({ kind: 'string', value });
  return {
    'general.architecture': string('llama'),
    'general.name': string(options.name ?? `assay-touchstone-${options.seed}`),
    'general.license': string('MIT'),
    'general.quantization_version': u32(2),
    'general.file_type': u32(FILE_TYPES[options.type]),
    'llama.context_length': u32(CONTEXT),
    'llama.embedding_length': u32(WIDTH),
    'llama.block_count': u32(options.layers ?? 4),
    'llama.feed_forward_length': u32(HIDDEN),
    'llama.attention.head_count': u32(HEADS),
    'llama.attention.head_count_kv': u32((KEY_VALUE_WIDTH * HEADS) / WIDTH),
    'llama.attention.layer_norm_rms_epsilon': f32(1e-5),
    'llama.rope.dimension_count': u32(WIDTH / HEADS),
    'llama.rope.freq_base': f32(10_000),
    'llama.vocab_size': u32(vocabulary.pieces.length),
    'tokenizer.ggml.model': string('llama'),
    'tokenizer.ggml.tokens': { kind: 'strings', value: vocabulary.pieces },
    'tokenizer.ggml.scores': { kind: 'f32s', value: vocabulary.scores },
    'tokenizer.ggml.token_type': { kind: 'i32s', value: vocabulary.types },
    'tokenizer.ggml.bos_token_id': u32(vocabulary.beginId),
    'tokenizer.ggml.eos_token_id': u32(vocabulary.endId),
    'tokenizer.ggml.unknown_token_id': u32(0),
    'tokenizer.ggml.add_bos_token': { kind: 'bool', value: true },
    'tokenizer.ggml.add_space_prefix': { kind: 'bool', value: false },
    'tokenizer.chat_template': string(TEMPLATE),
  };
}

/** Draws of mean 0 and deviation 1: sums of four uniform numbers from the generator sfc32. */
function createNormal(seed: number): () => number {
  let a = seed | 0;
  let b = 0x9e3779b9 | 0;
  let c = 0x243f6a88 | 0;
  let counter = 1;
  const uniform = (): number => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return (t >>> 0) / 4294967296;
  };
  for (let i = 0; i < 20; i++) uniform();
  return () => (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3);
}
