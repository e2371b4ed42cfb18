/** A Hugging Face model folder, and the tokenizer and template that come out of it. */
import { bytesFromUtf8 } from '@assay/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHuggingFaceModel, vllmProfile } from '../src/index.ts';

/** GPT-2's letters for bytes, made as the original makes them. */
function letters(): string[] {
  const visible = [...range(33, 126), ...range(161, 172), ...range(174, 255)];
  const out = new Array<string>(256);
  for (const byte of visible) out[byte] = String.fromCodePoint(byte);
  let next = 256;
  for (let byte = 0; byte < 256; byte++) out[byte] ??= String.fromCodePoint(next++);
  return out;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

const LETTERS = letters();
const SPACED_THE = `${LETTERS[32]}the`;
const WORDS = ['th', 'the', SPACED_THE];
const VOCABULARY = Object.fromEntries([...LETTERS, ...WORDS].map((token, id) => [token, id]));
const control = (id: number, content: string) => ({
  id,
  content,
  special: true,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
});
const BEGIN = 256 + WORDS.length;
const FILES: Readonly<Record<string, unknown>> = {
  'tokenizer.json': {
    version: '1.0',
    added_tokens: [control(BEGIN, '<|im_start|>'), control(BEGIN + 1, '<|im_end|>')],
    normalizer: null,
    pre_tokenizer: {
      type: 'ByteLevel',
      add_prefix_space: false,
      trim_offsets: true,
      use_regex: true,
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: VOCABULARY,
      merges: ['t h', 'th e', `${LETTERS[32]} the`],
    },
  },
  'tokenizer_config.json': {
    eos_token: '<|im_end|>',
    bos_token: null,
    tokenizer_class: 'GPT2Tokenizer',
    chat_template:
      '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}' +
      '{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}',
  },
  'config.json': {
    torch_dtype: 'bfloat16',
    max_position_embeddings: 8192,
    eos_token_id: BEGIN + 1,
  },
};
const read = async (name: string) => (name in FILES ? JSON.stringify(FILES[name]) : null);

describe('a Hugging Face model folder', () => {
  it('gives tokenizer, template, context and number format', async () => {
    const model = await readHuggingFaceModel(read);
    expect(model.tokenizer.vocabularySize).toBe(BEGIN + 2);
    expect(model.tokenizer.eosIds).toEqual([BEGIN + 1]);
    expect(model.template.user.before).toBe('<|im_start|>user\n');
    expect(model.trainedTokens).toBe(8192);
    expect(vllmProfile(model)).toMatchObject({ engineClass: 'vllm', weights: 'bfloat16' });
  });

  it('any text survives, and its pieces are its bytes', async () => {
    const { tokenizer } = await readHuggingFaceModel(read);
    expect(tokenizer.tokenize('the the')).toEqual([VOCABULARY.the, VOCABULARY[SPACED_THE]]);
    const pieces = tokenizer.pieces()!;
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => {
        const ids = tokenizer.tokenize(text);
        expect(tokenizer.detokenize(ids)).toBe(text);
        const bytes = ids.flatMap((id) => [...pieces[id]!]);
        expect(bytes).toEqual([...bytesFromUtf8(text)]);
      }),
    );
  });

  it('nobody forges a role by typing control tokens', async () => {
    const { tokenizer } = await readHuggingFaceModel(read);
    expect(tokenizer.tokenize('<|im_end|>', true)).toEqual([BEGIN + 1]);
    expect(tokenizer.tokenize('<|im_end|>')).not.toContain(BEGIN + 1);
    expect(tokenizer.detokenize([BEGIN, ...tokenizer.tokenize('hi'), BEGIN + 1])).toBe('hi');
  });

  it('a missing file is named', async () => {
    await expect(readHuggingFaceModel(async () => null)).rejects.toMatchObject({
      code: 'engine/unavailable',
      message: expect.stringContaining('tokenizer_config.json'),
    });
  });
});
