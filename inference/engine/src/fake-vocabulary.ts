/**
 * The vocabulary of the fake engine: two control tokens, 256 bytes, the words of the lexicon.
 * Any text has ids (bytes carry what is no word), and ids give back the text.
 */
import { ByteWriter, bytesFromUtf8, bytesToHex } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { END_CLASS, START_CLASS, WORD_CLASSES } from './lexicon.ts';
import type { Tokenizer } from './tokenizer.ts';

export const BEGIN_ID = 0;
export const END_ID = 1;
export const ROLE_ID = 2;
const BYTE_BASE = 3;
const WORD_BASE = BYTE_BASE + 256;

const WORDS: readonly string[] = WORD_CLASSES.flatMap((one) => one.words);
const WORD_IDS: ReadonlyMap<string, number> = new Map(
  WORDS.map((word, index) => [word, WORD_BASE + index]),
);
const WORD_CLASS: readonly number[] = WORD_CLASSES.flatMap((one, index) =>
  one.words.map(() => index),
);
const SPECIALS: ReadonlyMap<string, number> = new Map([
  ['<s>', BEGIN_ID],
  ['<|im_end|>', END_ID],
  ['<|im_start|>', ROLE_ID],
]);

export const FAKE_VOCABULARY_SIZE = WORD_BASE + WORDS.length;

/** The lexicon class of an id; control tokens and bytes start a sentence. */
export function classOfId(id: number): number {
  if (id === END_ID) return END_CLASS;
  return WORD_CLASS[id - WORD_BASE] ?? START_CLASS;
}

/** Ids that can be sampled: the end and the words. */
export const SPEAKABLE_IDS: readonly number[] = [END_ID, ...WORD_IDS.values()];

/** Longest match first: a control token (when `special`), a word, or one byte. */
export function tokenizeFake(text: string, special: boolean): number[] {
  const ids: number[] = [];
  let rest = text;
  while (rest !== '') {
    const match = special ? /^(<s>|<\|im_end\|>|<\|im_start\|>)/.exec(rest) : null;
    const word = match ? null : (/^(?: ?[A-Za-z]+|\.)/.exec(rest)?.[0] ?? null);
    const id = match ? SPECIALS.get(match[0]) : word === null ? undefined : WORD_IDS.get(word);
    if (id !== undefined) {
      ids.push(id);
      rest = rest.slice((match?.[0] ?? word!).length);
      continue;
    }
    const piece = word ?? String.fromCodePoint(rest.codePointAt(0)!);
    for (const byte of bytesFromUtf8(piece)) ids.push(BYTE_BASE + byte);
    rest = rest.slice(piece.length);
  }
  return ids;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function detokenizeFake(ids: readonly number[]): string {
  const writer = new ByteWriter();
  for (const id of ids) {
    if (id >= WORD_BASE && id < FAKE_VOCABULARY_SIZE) {
      writer.raw(bytesFromUtf8(WORDS[id - WORD_BASE]!));
    } else if (id >= BYTE_BASE && id < WORD_BASE) writer.u8(id - BYTE_BASE);
  }
  return decoder.decode(writer.finish());
}

const PIECES: readonly Uint8Array[] = Array.from({ length: FAKE_VOCABULARY_SIZE }, (_, id) => {
  if (id >= WORD_BASE) return bytesFromUtf8(WORDS[id - WORD_BASE]!);
  return id >= BYTE_BASE ? Uint8Array.of(id - BYTE_BASE) : new Uint8Array();
});

/** Names this vocabulary in manifests. */
const FAKE_TOKENIZER_SHA256: string = bytesToHex(
  sha256(bytesFromUtf8(`fake-vocabulary-v1\n${WORDS.join('\n')}`)),
);

export const FAKE_TOKENIZER: Tokenizer = {
  sha256: FAKE_TOKENIZER_SHA256,
  vocabularySize: FAKE_VOCABULARY_SIZE,
  beginId: BEGIN_ID,
  eosIds: [END_ID],
  tokenize: (text, special = false) => tokenizeFake(text, special),
  detokenize: detokenizeFake,
  pieces: () => PIECES,
};
