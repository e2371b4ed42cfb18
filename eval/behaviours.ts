/**
 * What needs no statistics, or one answer: misbehaviour that the real judge sees as it happens on the
 * network, with signed commitments and whole transcripts. The cheats are those of the judge's tests.
 */
import { describeModel } from '@assay/engine';
import { encodeTranscript, type SamplingParams, type Transcript } from '@assay/jobs';
import {
  type CalibratedTable,
  evidenceSha256,
  GENERIC_EVIDENCE_SHA256,
  judge,
} from '@assay/verify';
import type { Field } from '../apps/cli/src/calibration/field.ts';
import type { Row } from '../apps/cli/src/calibration/rows.ts';
import * as cheats from '../inference/verify/test/cheats.ts';
import { answerHonestly, createScene, type Scene, submit } from '../inference/verify/test/scene.ts';
import type { Subject } from './models.ts';

type Cheat = (scene: Scene, number: number) => Promise<Transcript>;

export async function runBehaviours(
  subject: Subject,
  { truth, suspects }: Field,
  table: CalibratedTable,
  quick: boolean,
): Promise<Row[]> {
  const int4 = await suspects.find((one) => one.recipe === 'q4_0')!.open();
  const hash = evidenceSha256(table);
  const sceneOf = (number: number, evidence: string, params: Partial<SamplingParams> = {}): Scene =>
    createScene(truth, {
      number,
      params: { maxTokens: subject.maxTokens, ...params },
      prompt: {
        context: 'Be brief.',
        prompt: subject.prompts[number % subject.prompts.length]![0]!.content,
      },
      manifest: describeModel(truth, { name: 'eval', evidenceSha256: evidence }),
    });
  const all: readonly (readonly [string, Cheat])[] = [
    ['honest', (scene) => answerHonestly(scene, truth)],
    ['int4 weights, own sketch', (scene) => cheats.swapModel(scene, int4)],
    ['int4 weights, genuine sketch', (scene) => cheats.prefillSpoof(scene, int4, truth)],
    ['greedy', (scene) => cheats.greedy(scene, truth)],
    ['another seed', (scene) => cheats.wrongSeed(scene, truth)],
    ['best of 4, by length', (scene) => bestOf(scene, 4)],
    ['system prompt dropped', (scene) => cheats.otherPrompt(scene, truth)],
    [
      'cached answer of another request',
      async (scene, number) =>
        cheats.replay(sceneOf(number + 1, GENERIC_EVIDENCE_SHA256), scene, truth),
    ],
    ['one token replaced by the runner-up', (scene) => editOne(scene)],
    [
      'text edited, tokens kept',
      async (scene) => {
        const honest = await answerHonestly(scene, truth);
        return { ...honest, text: `${honest.text} Buy gold.` };
      },
    ],
    ['stopped after 4 tokens', (scene) => cheats.earlyStop(scene, truth, 4)],
    [
      'limit ignored: claims length early',
      async (scene) => {
        const honest = await answerHonestly(scene, truth);
        const outputIds = honest.outputIds.slice(0, 3);
        const cut = {
          ...honest,
          outputIds,
          finish: 'length' as const,
          text: truth.detokenize(outputIds),
        };
        return cheats.resketch(cut, truth);
      },
    ],
  ];
  async function bestOf(scene: Scene, n: number): Promise<Transcript> {
    const honest = await answerHonestly(scene, truth);
    const others: Transcript[] = [honest];
    for (let i = 1; i < n; i++) others.push(await cheats.wrongSeed(scene, truth, i));
    return others.reduce((a, b) => (b.outputIds.length > a.outputIds.length ? b : a));
  }
  async function editOne(scene: Scene): Promise<Transcript> {
    const honest = await answerHonestly(scene, truth);
    const at = honest.outputIds.length >> 1;
    const scores = await truth.score(honest.promptIds, honest.outputIds, 3);
    const other = scores[at]!.top.find((one) => one.id !== honest.outputIds[at])!.id;
    const outputIds = honest.outputIds.map((id, i) => (i === at ? other : id));
    return cheats.resketch({ ...honest, outputIds, text: truth.detokenize(outputIds) }, truth);
  }
  const count = quick ? 3 : 12;
  const rows: Row[] = [];
  for (const [name, cheat] of all) {
    const tally = { invalid: 0, abstain: 0, valid: 0 };
    const generic = { invalid: 0, abstain: 0, valid: 0 };
    const codes = new Map<string, number>();
    let tokens = 0;
    let bytes = 0;
    for (let number = 0; number < count; number++) {
      const scene = sceneOf(number, hash);
      const transcript = await cheat(scene, number);
      tokens += transcript.outputIds.length;
      bytes += encodeTranscript(transcript).length - 4 * transcript.promptIds.length;
      const judged = await judge(submit(scene, transcript), truth, {
        tables: new Map([[hash, table]]),
      });
      tally[judged.verdict] += 1;
      const code = judged.reasons[0]?.code ?? '';
      codes.set(code, (codes.get(code) ?? 0) + 1);
      const before = sceneOf(number, GENERIC_EVIDENCE_SHA256);
      const again = await judge(submit(before, await cheat(before, number)), truth);
      generic[again.verdict] += 1;
    }
    const leading = [...codes].filter(([code]) => code !== '').sort((a, b) => b[1] - a[1])[0];
    rows.push({
      section: 'single answers before the judge',
      model: subject.name,
      host: name,
      answers: count,
      'tokens each': Math.round(tokens / count),
      'bytes per token': Number((bytes / tokens).toFixed(1)),
      'invalid %': percent(tally.invalid, count),
      'suspect %': percent(tally.abstain, count),
      'valid %': percent(tally.valid, count),
      'generic table: valid %': percent(generic.valid, count),
      'first reason': leading?.[0] ?? '',
    });
  }
  await int4.close();
  return rows;
}

const percent = (part: number, whole: number): number => Math.round((100 * part) / whole);
