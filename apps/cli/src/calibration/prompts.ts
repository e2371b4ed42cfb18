/** What calibration and evaluation ask: everyday questions, and stories for answers of a hundred tokens. */
import type { ChatMessage } from '@assay/jobs';

const QUESTIONS = [
  'Is the Earth round?',
  'What is the Sun?',
  'How long is a year?',
  'What is water made of?',
  'What is the capital of Japan?',
  'What do bees make?',
  'What is Bitcoin?',
  'What is a signer?',
  'Tell me a joke',
  'Hello',
  'How are you?',
  'What is gold?',
  'What color is the sky?',
  'Who are you?',
  'What can you do?',
  'What is 3 plus 4?',
  'Who wrote Hamlet?',
  'Tell me about football',
  'What does assay mean?',
  'What is a hash?',
  'Do plants need light?',
  'What is the weather?',
  'How many moons does the Earth have?',
  'What is the opposite of hot?',
];

const HEROES = ['Anna', 'Ben', 'Clara', 'David', 'Emma', 'Felix', 'Greta', 'Henry', 'Ida', 'Jonas'];
const PLACES = ['forest', 'village', 'harbor', 'castle', 'market', 'valley', 'desert', 'island'];
const THINGS = ['key', 'lamp', 'book', 'coin', 'map', 'ring', 'clock', 'letter', 'mirror'];

const user = (content: string): readonly ChatMessage[] => [{ role: 'user', content }];

/** Everyday questions, answered in a sentence. */
export const EVERYDAY: readonly (readonly ChatMessage[])[] = QUESTIONS.map(user);

/** Stories of a hundred tokens and more. */
export const STORIES: readonly (readonly ChatMessage[])[] = Array.from({ length: 72 }, (_, i) => {
  const hero = HEROES[i % HEROES.length]!;
  const place = PLACES[(i * 3) % PLACES.length]!;
  const thing = THINGS[(i * 5) % THINGS.length]!;
  return user(`Tell me a story about ${hero}, the ${place} and the ${thing}.`);
});

/** For a model nobody knows here: long answers and short ones. */
export const MIXED: readonly (readonly ChatMessage[])[] = STORIES.flatMap((story, i) => [
  story,
  EVERYDAY[i % EVERYDAY.length]!,
]);
