/**
 * The vocabulary of the generated model, in the SentencePiece form of llama.cpp: control tokens, 256
 * bytes, ASCII characters, and every word of the lexicon with all its beginnings (the tokenizer merges
 * left to right, so each beginning must be a piece).
 */
import { CLASS_COUNT, END_CLASS, START_CLASS, WORD_CLASSES } from '../lexicon.ts';

export interface Vocabulary {
  readonly pieces: readonly string[];
  /** llama.cpp token types: 1 normal, 2 unknown, 3 control, 6 byte. */
  readonly types: readonly number[];
  readonly scores: readonly number[];
  readonly beginId: number;
  readonly endId: number;
  /** Lexicon class of every piece; `START_CLASS` for what the model never says. */
  readonly classes: readonly number[];
  /** Whether the model may say the piece. */
  readonly speakable: readonly boolean[];
}

/** SentencePiece's visible space. */
const SPACE = '\u2581';

export function buildVocabulary(): Vocabulary {
  const pieces: string[] = [];
  const types: number[] = [];
  const scores: number[] = [];
  const ids = new Map<string, number>();
  const add = (piece: string, type: number, score: number): void => {
    if (ids.has(piece)) return;
    ids.set(piece, pieces.length);
    pieces.push(piece);
    types.push(type);
    scores.push(score);
  };
  add('<unk>', 2, 0);
  for (const control of ['<s>', '<|im_start|>', '<|im_end|>']) add(control, 3, 0);
  for (let byte = 0; byte < 256; byte++) {
    add(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`, 6, 0);
  }
  add(SPACE, 1, -1);
  for (let code = 33; code < 127; code++) add(String.fromCharCode(code), 1, -2);
  const words = WORD_CLASSES.map((one) => one.words.map((word) => word.replace(' ', SPACE)));
  for (const word of words.flat()) {
    for (let size = 2; size <= word.length; size++) add(word.slice(0, size), 1, -3 - 1 / size);
  }
  const classes = new Array<number>(pieces.length).fill(START_CLASS);
  const speakable = new Array<boolean>(pieces.length).fill(false);
  const name = (id: number, index: number): void => {
    classes[id] = index;
    speakable[id] = true;
  };
  words.forEach((group, index) => {
    for (const word of group) name(ids.get(word)!, index);
  });
  const endId = ids.get('<|im_end|>')!;
  name(endId, END_CLASS);
  return { pieces, types, scores, beginId: ids.get('<s>')!, endId, classes, speakable };
}

/** One residual dimension each for the constant and the classes. */
export const RESERVED_DIMENSIONS: number = 1 + CLASS_COUNT;
