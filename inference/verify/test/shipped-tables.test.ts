/**
 * The evidence tables that come with this project's models, and attack (3) of verification.md 1 on real
 * weights: a key-value cache of eight bits where the profile says sixteen. Its own sketches give it away; behind
 * genuine ones nothing does, which docs/calibration.md 6 says and this file holds to.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeModel, type Engine } from '@assay/engine';
import { openLlamaEngine } from '@assay/engine/llama';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeCalibratedTable, evidenceSha256, judge } from '../src/index.ts';
import { resketch, swapModel } from './cheats.ts';
import { answerHonestly, createScene, type Scene, submit } from './scene.ts';

const root = new URL('../../../', import.meta.url);
const pathOf = (file: string) => fileURLToPath(new URL(file, root));
const STORIES = pathOf('eval/model/stories.gguf');

function tableBeside(model: string) {
  const decoded = decodeCalibratedTable(readFileSync(model.replace(/\.gguf$/, '.evidence.json')));
  if (!decoded.ok) throw new Error(decoded.error.message);
  return decoded.value;
}

describe('the table beside a model of this project', () => {
  it.each(['models/assay-small.gguf', 'eval/model/stories.gguf'])('%s', (file) => {
    const model = pathOf(file);
    const table = tableBeside(model);
    expect(table.weightsSha256).toBe(
      createHash('sha256').update(readFileSync(model)).digest('hex'),
    );
    expect(table.alternatives.map(({ channel }) => channel)).toContain('margin');
    expect(table.attributions.map(({ recipe }) => recipe)).toEqual(['q4_0', 'q8_0', 'q5_0']);
    const record = model.replace(/\.gguf$/, '.calibration.json');
    expect(existsSync(record)).toBe(true);
    const { tableSha256, honest } = JSON.parse(readFileSync(record, 'utf8'));
    expect(tableSha256).toBe(evidenceSha256(table));
    expect(honest.above1000).toBe(0);
  });
});

describe('(3) an 8-bit key-value cache on the storyteller', () => {
  const table = tableBeside(STORIES);
  const hash = evidenceSha256(table);
  const tables = new Map([[hash, table]]);
  const opened: Engine[] = [];
  let truth: Engine;
  let cached: Engine;
  let scenes: readonly Scene[];

  beforeAll(async () => {
    const model = { modelPath: STORIES, contextTokens: 512 };
    truth = await openLlamaEngine(model);
    cached = await openLlamaEngine({ ...model, keyValueCache: 'Q8_0', flashAttention: true });
    opened.push(truth, cached);
    const { impossibleMicro } = table;
    const manifest = describeModel(truth, {
      name: 'stories',
      evidenceSha256: hash,
      thresholds: { impossibleMicro },
    });
    scenes = ['Ida', 'Ben', 'Clara', 'Felix'].map((hero, number) =>
      createScene(truth, {
        number,
        manifest,
        params: { maxTokens: 128 },
        prompt: {
          context: '',
          prompt: `Tell me a story about ${hero}, the castle and the lamp.`,
        },
      }),
    );
  });
  afterAll(async () => {
    for (const engine of opened) await engine.close();
  });

  it('shows in its own sketches, within a few answers', { timeout: 120_000 }, async () => {
    let nats = 0;
    for (const scene of scenes) {
      const judged = await judge(submit(scene, await swapModel(scene, cached)), truth, { tables });
      nats += judged.statistics!.evidence.endMicro / 1e6;
    }
    expect(nats).toBeGreaterThan(Math.log(1e6));
  });

  it('does not show behind genuine sketches: undetected', { timeout: 120_000 }, async () => {
    for (const scene of scenes) {
      const spoof = await resketch(await answerHonestly(scene, cached), truth);
      const judged = await judge(submit(scene, spoof), truth, { tables });
      expect(judged).toMatchObject({ verdict: 'valid', reasons: [] });
    }
  });

  it('an honest machine with flash attention passes', { timeout: 120_000 }, async () => {
    const flash = await openLlamaEngine({
      modelPath: STORIES,
      contextTokens: 512,
      flashAttention: true,
    });
    opened.push(flash);
    for (const scene of scenes) {
      const judged = await judge(submit(scene, await answerHonestly(scene, flash)), truth, {
        tables,
      });
      expect(judged.verdict).toBe('valid');
      expect(judged.statistics!.evidence.peakMicro).toBeLessThan(3_000_000);
    }
  });
});
