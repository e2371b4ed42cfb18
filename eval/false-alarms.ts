/**
 * Many honest answers: two machines with the same model and unlike arithmetic, without the model. Each
 * token is a random distribution over 21 candidates; both machines see it through noise of their own,
 * whose size is that of the worst pair measured. `rough` machines are outside what was calibrated: the size
 * varies from answer to answer by a factor of e^0.5, and one token in a hundred is ten times as noisy. The host draws by gm-v1 and publishes a
 * sketch, the judge measures and bets, exactly as they do on a model.
 *
 * The bound of 10^-6 is Ville's and needs no count (docs/calibration.md); this counts what can be counted.
 */
import { bytesFromUtf8 } from '@assay/bytes';
import { sha256 } from '@assay/crypto';
import { type Candidate, drawGmV1, orderCandidates, type TokenScore } from '@assay/engine';
import { fineBitsOf } from '@assay/jobs';
import {
  type EvidenceTable,
  GENERIC_EVIDENCE,
  placeToken,
  sketchOf,
  type TokenMeasurement,
  weighEvidence,
} from '@assay/verify';
import {
  createUniform,
  entropyMilli,
  samplingMargin,
  sketchDistanceMilli,
} from '@assay/verify/calibrate';
import type { Row } from '../apps/cli/src/calibration/rows.ts';

const TOLERANCE = 10_000;
const TOKENS = 24;
const PARAMS = { temperatureMicro: 1e6, topPMicro: 1e6, topK: 20, maxTokens: TOKENS };

/** @param noise standard deviation of a logit between two machines, nats */
export function runFalseAlarms(
  answers: number,
  noise: number,
  calibrated: EvidenceTable | null,
  rough = false,
): Row[] {
  const tables = [GENERIC_EVIDENCE, ...(calibrated === null ? [] : [calibrated])];
  const tallies = tables.map(() => ({ above: [0, 0, 0, 0], maxMicro: 0 }));
  const uniform = createUniform(11);
  for (let n = 0; n < answers; n++) {
    const tokens = answer(sha256(bytesFromUtf8(`honest ${n}`)), { noise, rough }, uniform);
    tables.forEach((table, t) => {
      const places = tokens.map((token) => placeToken(table, token, TOLERANCE));
      const { peakMicro } = weighEvidence(table, places);
      const tally = tallies[t]!;
      tally.maxMicro = Math.max(tally.maxMicro, peakMicro);
      for (let power = 0; power < 4; power++) {
        if (peakMicro >= (power + 1) * Math.log(10) * 1e6) tally.above[power]! += 1;
      }
    });
  }
  return tables.map((table, t) => ({
    section: `false alarms: simulated ${rough ? 'rough ' : ''}machines, ${noise} nats apart`,
    model: 'simulated',
    table: table.name,
    answers,
    tokens: answers * TOKENS,
    'E>=10': tallies[t]!.above[0]!,
    'E>=100': tallies[t]!.above[1]!,
    'E>=1000': tallies[t]!.above[2]!,
    'E>=10^4': tallies[t]!.above[3]!,
    'max ln E': Number((tallies[t]!.maxMicro / 1e6).toFixed(2)),
  }));
}

/** One honest answer as the judge measures it. */
function answer(
  seed: Uint8Array,
  { noise, rough }: { readonly noise: number; readonly rough: boolean },
  uniform: () => number,
): TokenMeasurement[] {
  const size = rough ? noise * Math.exp(0.5 * normal(uniform)) : noise;
  return Array.from({ length: TOKENS }, (_, position) => {
    const sharpness = 0.5 + 5 * uniform();
    const logits = Array.from({ length: 21 }, () => sharpness * normal(uniform));
    const scale = rough && uniform() < 0.01 ? 10 * size : size;
    const host = through(logits, scale / Math.SQRT2, uniform);
    const judge = through(logits, scale / Math.SQRT2, uniform);
    const { id } = drawGmV1(seed, position, host, PARAMS);
    const told = sketchOf([seenBy(host, id)], TOLERANCE);
    const seen = seenBy(judge, id);
    return {
      entropyMilli: entropyMilli(seen.top),
      distanceMilli: sketchDistanceMilli(seen, told, fineBitsOf(TOLERANCE)),
      margin: samplingMargin(seen, { seed, position, params: PARAMS }),
    };
  });
}

function through(logits: readonly number[], scale: number, uniform: () => number): Candidate[] {
  const noisy = logits.map((logit) => logit + scale * normal(uniform));
  const z = Math.log(noisy.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return orderCandidates(noisy.map((logit, id) => ({ id, logprob: logit - z })));
}

function seenBy(top: readonly Candidate[], id: number): TokenScore {
  return { id, logprob: top.find((one) => one.id === id)!.logprob, top };
}

function normal(uniform: () => number): number {
  return Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
