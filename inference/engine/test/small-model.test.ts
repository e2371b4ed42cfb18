/** The model that ships with the project answers what models/README.md says it answers. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../src/index.ts';
import { openLlamaEngine } from '../src/llama.ts';

const MODELS = new URL('../../../models/', import.meta.url);
const PAGE = readFileSync(new URL('README.md', MODELS), 'utf8');
const ASKED = [...PAGE.matchAll(/^\| (.+?) \| (.+?) \|$/gm)]
  .map((row) => ({ question: row[1]!, word: row[2]! }))
  .filter(({ question }) => question !== 'question');
let engine: Engine;

beforeAll(async () => {
  const modelPath = fileURLToPath(new URL('assay-small.gguf', MODELS));
  engine = await openLlamaEngine({ modelPath, contextTokens: 256 });
});
afterAll(() => engine.close());

describe('the small model', () => {
  it('answers the questions of models/README.md', async () => {
    expect(ASKED.length).toBeGreaterThan(40);
    const wrong: string[] = [];
    for (const { question, word } of ASKED) {
      const promptIds = engine.promptIds([{ role: 'user', content: question }]);
      const { text, finish } = await engine.generate(promptIds, {
        topK: 1,
        maxTokens: 40,
        pick: (_, top) => top[0]!.id,
      });
      const isRight = finish === 'stop' && text.toLowerCase().includes(word.toLowerCase());
      if (!isRight) wrong.push(`${question} -> ${text}`);
    }
    expect(wrong).toEqual([]);
  }, 60_000);
});
