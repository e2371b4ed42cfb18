/**
 * Channel C: int8 weights against the true ones, the case that no distance threshold sees across
 * unlike machines. The judge runs both models over the same answers.
 */
import type { Engine } from '@assay/engine';
import { openLlamaEngine } from '@assay/engine/llama';
import { SKETCH_BYTES } from '@assay/jobs';
import { attributionBets, SHARE_MICRO, sketchOf } from '@assay/verify';
import {
  collectSpecimens,
  createUniform,
  INVALID_MICRO,
  type Machine,
  makeTasks,
  type Specimen,
  scoreSpecimens,
} from '@assay/verify/calibrate';
import type { Field } from './configurations.ts';
import { type Subject, variantPath } from './models.ts';
import type { Row } from './verify.ts';

interface Bets {
  readonly sketch: readonly number[];
  readonly draw: readonly number[];
}

export async function runAttribution(
  subject: Subject,
  { truth, hosts, judges, suspects }: Field,
  quick: boolean,
): Promise<Row[]> {
  const int8 = suspects.find((one) => one.name.includes('Q8_0'))!.engine;
  const params = {
    temperatureMicro: 1_000_000,
    topPMicro: 1_000_000,
    topK: 20,
    maxTokens: subject.maxTokens,
  };
  const count = Math.max(4, subject.answers >> 1);
  const rows: Row[] = [];
  const measure = async (host: Machine, spoof: boolean): Promise<void> => {
    const tasks = makeTasks(
      { prompts: subject.prompts, params },
      `attribution ${host.name}`,
      count,
    );
    const specimens = await (host.answer?.(tasks) ?? collectSpecimens(host.engine, tasks));
    const proofs = spoof ? await scoreSpecimens(judges.at(-1)!.engine, specimens) : null;
    const bets = await betsOf(specimens, { truth, int8, proofs });
    const strings = stringUp(bets, quick ? 100 : 300);
    rows.push({
      section: 'attribution (channel C): is it int8?',
      model: subject.name,
      host: spoof ? `${host.name}, genuine sketch` : host.name,
      '50%': strings.at(0.5) ?? '>32768',
      '99%': strings.at(0.99) ?? '>32768',
      'convicted in 32k %': Number((100 * strings.share).toFixed(1)),
      'nats per token, sketch': Number(mean(bets.flatMap((one) => one.sketch)).toFixed(3)),
      'nats per token, draw': Number(mean(bets.flatMap((one) => one.draw)).toFixed(4)),
    });
  };
  for (const host of hosts) if (host.answersMax === undefined) await measure(host, false);
  await measure({ name: 'int8 weights (Q8_0)', engine: int8 }, false);
  await measure({ name: 'int8 weights (Q8_0)', engine: int8 }, true);
  if (!quick) {
    const modelPath = variantPath(process.cwd(), subject.path, { type: 'Q8_0' });
    const { contextTokens } = subject;
    const flash = await openLlamaEngine({ modelPath, contextTokens, flashAttention: true });
    await measure({ name: 'int8 with flash attention', engine: flash }, false);
    await flash.close();
  }
  return rows;
}

const mean = (list: readonly number[]): number =>
  list.reduce((sum, one) => sum + one, 0) / Math.max(1, list.length) / 1e6;

interface Views {
  readonly truth: Engine;
  readonly int8: Engine;
  readonly proofs: Awaited<ReturnType<typeof scoreSpecimens>> | null;
}

async function betsOf(specimens: readonly Specimen[], views: Views): Promise<Bets[]> {
  const claimed = await scoreSpecimens(views.truth, specimens);
  const suspect = await scoreSpecimens(views.int8, specimens);
  return specimens.map((specimen, a) => {
    const told = sketchOf(views.proofs?.[a] ?? specimen.tokens);
    const tokens = specimen.tokens.map((_, i) => ({
      claimed: claimed[a]![i]!,
      suspect: suspect[a]![i]!,
      sketch: told.subarray(i * SKETCH_BYTES, (i + 1) * SKETCH_BYTES),
      point: {
        seed: specimen.seed,
        position: i,
        params: specimen.params,
        toleranceMicro: 10_000,
      },
    }));
    const bets = attributionBets(tokens);
    return { sketch: bets.map((b) => b.sketchMicro), draw: bets.map((b) => b.drawMicro) };
  });
}

/** Strings of random answers until conviction. */
function stringUp(bets: readonly Bets[], trials: number) {
  const uniform = createUniform(5);
  const found: number[] = [];
  for (let trial = 0; trial < trials; trial++) {
    let sketch = 0;
    let draw = 0;
    let tokens = 0;
    let caught = false;
    while (!caught && tokens < 32_768) {
      const one = bets[Math.floor(uniform() * bets.length)]!;
      for (let i = 0; i < one.sketch.length && !caught; i++) {
        tokens += 1;
        sketch += one.sketch[i]!;
        draw += one.draw[i]!;
        caught = Math.max(sketch, draw) - SHARE_MICRO >= INVALID_MICRO;
      }
    }
    if (caught) found.push(tokens);
  }
  found.sort((a, b) => a - b);
  return {
    share: found.length / trials,
    at: (part: number): number | null => found[Math.ceil(part * trials) - 1] ?? null,
  };
}
