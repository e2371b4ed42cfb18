/**
 * What judging costs beside answering: one prefill of prompt and answer over one decode, measured on
 * this engine for several lengths. One sequence, one thread: the ratio is kindest to the judge here,
 * and worse on hosts that decode many answers at once (verification.md 6 has the formula).
 */
import { drawGmV1, type Engine } from '@assay/engine';
import type { Row } from '../apps/cli/src/calibration/rows.ts';
import type { Subject } from './models.ts';

export async function runCosts(subject: Subject, engine: Engine, quick: boolean): Promise<Row[]> {
  const grid: readonly (readonly [number, number])[] = quick
    ? [[32, 32]]
    : [16, 128, 320].flatMap((prompt) => [16, 64, 160].map((answer) => [prompt, answer] as const));
  const seed = new Uint8Array(32).fill(3);
  const endless = { ...engine.info };
  const rows: Row[] = [];
  const filler = engine.tokenize(' the old king found a small key and went to the market', false);
  for (const [prompt, answer] of grid) {
    const promptIds = Array.from({ length: prompt }, (_, i) => filler[i % filler.length]!);
    const params = { temperatureMicro: 1e6, topPMicro: 1e6, topK: 20, maxTokens: answer };
    const ends = new Set(endless.eosIds);
    const decodeMs = await fastest(quick ? 1 : 2, async () => {
      const { tokens } = await engine.generate(promptIds, {
        topK: 20,
        maxTokens: answer,
        pick: (position, top) => {
          const open = top.filter((one) => !ends.has(one.id));
          return drawGmV1(seed, position, open, params).id;
        },
      });
      if (tokens.length !== answer) throw new Error('the answer ended early');
    });
    const answerIds = Array.from({ length: answer }, (_, i) => filler[(i * 3) % filler.length]!);
    const prefillMs = await fastest(quick ? 1 : 3, async () => {
      await engine.score(promptIds, answerIds, 21);
    });
    rows.push({
      section: 'cost: one judgement over one answer, engine time',
      model: subject.name,
      'prompt tokens': prompt,
      'answer tokens': answer,
      'answer ms': Number(decodeMs.toFixed(1)),
      'judge ms': Number(prefillMs.toFixed(1)),
      ratio: Number((prefillMs / decodeMs).toFixed(3)),
      'at 2 % audits': Number(((0.02 * prefillMs) / decodeMs).toFixed(4)),
    });
  }
  return rows;
}

async function fastest(times: number, task: () => Promise<void>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    await task();
    best = Math.min(best, performance.now() - began);
  }
  return best;
}
