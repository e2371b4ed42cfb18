/**
 * Many honest answers before the judge's generic table: the fake engine on two machines whose noise is
 * set from what llama.cpp's machines show (a thousandth of a nat, twice the measured median), every
 * answer judged whole. The bound of 10^-6 is Ville's and needs no count; this counts what can be counted.
 */
import { bytesFromUtf8 } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { drawGmV1, FakeEngine } from '@assay/engine';
import { SKETCH_BYTES } from '@assay/jobs';
import { GENERIC_EVIDENCE, placeToken, sketchOf, weighEvidence } from '@assay/verify';
import { entropyMilli, samplingMargin, sketchDistanceMicro } from '@assay/verify/calibrate';
import type { Row } from './verify.ts';

const TOLERANCE = 10_000;

export async function runFalseAlarms(answers: number): Promise<Row[]> {
  const noise = 0.001;
  const host = new FakeEngine({ noise, machine: 1 });
  const judge = new FakeEngine({ noise, machine: 2 });
  const params = { temperatureMicro: 1e6, topPMicro: 1e6, topK: 20, maxTokens: 64 };
  const above = [0, 0, 0];
  let tokens = 0;
  let maxMicro = 0;
  for (let n = 0; n < answers; n++) {
    const seed = sha256(bytesFromUtf8(`honest ${n}`));
    const prompt = host.promptIds([{ role: 'user', content: `Question ${n}` }]);
    const made = await host.generate(prompt, {
      topK: 20,
      maxTokens: params.maxTokens,
      pick: (position, top) => drawGmV1(seed, position, top, params).id,
    });
    const told = sketchOf(made.tokens);
    const ids = made.tokens.map((one) => one.id);
    const scores = await judge.score(prompt, ids, 21);
    const places = scores.map((score, i) => {
      const sketch = told.subarray(i * SKETCH_BYTES, (i + 1) * SKETCH_BYTES);
      const point = { seed, position: i, params, toleranceMicro: TOLERANCE };
      const token = {
        entropyMilli: entropyMilli(score.top),
        distanceMicro: sketchDistanceMicro(score, sketch),
        margin: samplingMargin(score, point),
      };
      return placeToken(GENERIC_EVIDENCE, token, TOLERANCE);
    });
    const { peakMicro } = weighEvidence(GENERIC_EVIDENCE, places);
    tokens += ids.length;
    maxMicro = Math.max(maxMicro, peakMicro);
    for (let power = 0; power < 3; power++) {
      if (peakMicro >= (power + 1) * Math.log(10) * 1e6) above[power]! += 1;
    }
  }
  return [
    {
      section: 'false alarms: fake engine, two machines, generic table',
      model: 'fake',
      answers,
      tokens,
      'E>=10': above[0]!,
      'E>=100': above[1]!,
      'E>=1000': above[2]!,
      'max ln E': Number((maxMicro / 1e6).toFixed(2)),
    },
  ];
}
