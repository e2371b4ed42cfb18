/**
 * A tiny English: word classes and which class follows which. Both the fake engine and the generated
 * GGUF speak it, so that what they say can be read ("The quiet clock measures a bright river.").
 * It means nothing; it has the shape, the length and the entropy of an answer.
 */

import { lnGm } from './gm-v1-math.ts';

export interface WordClass {
  readonly name: string;
  readonly words: readonly string[];
}

const list = (text: string): readonly string[] => text.split(' ');
const spaced = (text: string): readonly string[] => list(text).map((word) => ` ${word}`);

/** Words of one class appear in one class only, with the space that precedes them. */
export const WORD_CLASSES: readonly WordClass[] = [
  { name: 'opener', words: list('The Every This One Each That Our My') },
  { name: 'next-opener', words: spaced('The Every This One Each That Our My') },
  {
    name: 'subject-adjective',
    words: spaced('quiet patient honest careful early distant clever gentle old young calm tall'),
  },
  {
    name: 'subject',
    words: spaced(
      'clock river model teacher miner signer planet engine garden letter signal farmer sailor ' +
        'compass lantern library mirror painter bridge harbour mountain neighbour',
    ),
  },
  { name: 'adverb', words: spaced('often always slowly rarely gladly surely never soon') },
  {
    name: 'verb',
    words: spaced(
      'measures follows answers carries keeps finds knows weighs proves shows needs turns meets ' +
        'guards opens shares reads writes crosses remembers',
    ),
  },
  { name: 'article', words: spaced('the a its each another some') },
  {
    name: 'object-adjective',
    words: spaced('bright round small golden simple hidden true heavy silver narrow warm clear'),
  },
  {
    name: 'object',
    words: spaced(
      'coin stone word number circle secret promise window story answer balance horizon proof ' +
        'token question journey shadow pattern reason scale treasure season',
    ),
  },
  { name: 'preposition', words: spaced('under behind beside near without beyond inside across') },
  { name: 'joiner', words: [' and', ' because', ' while', ' although', ' so'] },
  { name: 'pronoun', words: spaced('it she he nobody everyone') },
  { name: 'stop', words: ['.'] },
];

/** Classes beyond the words: text begins, text ends. */
export const START_CLASS = WORD_CLASSES.length;
export const END_CLASS = WORD_CLASSES.length + 1;
export const CLASS_COUNT = WORD_CLASSES.length + 2;

/** Weights of what may follow what; the rest is as good as impossible. */
const FOLLOWS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  start: { opener: 1 },
  opener: { subject: 6, 'subject-adjective': 4 },
  'next-opener': { subject: 6, 'subject-adjective': 4 },
  'subject-adjective': { subject: 1 },
  subject: { verb: 8, adverb: 2 },
  pronoun: { verb: 8, adverb: 2 },
  adverb: { verb: 1 },
  verb: { article: 1 },
  article: { object: 6, 'object-adjective': 4 },
  'object-adjective': { object: 1 },
  object: { stop: 5, preposition: 3, joiner: 2 },
  preposition: { article: 1 },
  joiner: { pronoun: 1 },
  stop: { 'next-opener': 6, end: 4 },
};

/** Log weight of a forbidden step: e^-16 over a few hundred tokens stays below 10^-4. */
export const FORBIDDEN_LOGIT = -16;

function classIndex(name: string): number {
  if (name === 'start') return START_CLASS;
  if (name === 'end') return END_CLASS;
  return WORD_CLASSES.findIndex((one) => one.name === name);
}

/**
 * `CLASS_LOGITS[from][to]`: log probability of one word of class `to` after a word of class `from`,
 * words of a class being equally likely.
 */
export const CLASS_LOGITS: readonly (readonly number[])[] = Array.from(
  { length: CLASS_COUNT },
  (_, from) => {
    const row = new Array<number>(CLASS_COUNT).fill(FORBIDDEN_LOGIT);
    const name = from === START_CLASS || from === END_CLASS ? 'start' : WORD_CLASSES[from]!.name;
    const weights = FOLLOWS[name]!;
    const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
    for (const [next, weight] of Object.entries(weights)) {
      const to = classIndex(next);
      const words = to === END_CLASS ? 1 : WORD_CLASSES[to]!.words.length;
      row[to] = lnGm(weight / total / words);
    }
    return row;
  },
);
