/**
 * Channel C: the judge runs a suspected copy beside the true model and asks which of the two made the
 * answers. For int8 weights, the case that no distance threshold sees across unlike machines.
 */
import { type AttributionFit, attributionPower, INVALID_MICRO } from '@assay/verify/calibrate';
import type { Row } from './verify.ts';

export function attributionRows(model: string, fits: readonly AttributionFit[]): Row[] {
  return fits.map((fit) => {
    const power = (answers: AttributionFit['naive']) => {
      const options = { boundMicro: INVALID_MICRO, trials: 300, tokensMax: 32_768 };
      const found = attributionPower(answers, options).map(
        (one) => one ?? Number.POSITIVE_INFINITY,
      );
      found.sort((a, b) => a - b);
      const at = (share: number): number | string => {
        const count = found[Math.ceil(share * found.length) - 1]!;
        return Number.isFinite(count) ? count : '>32768';
      };
      return { half: at(0.5), most: at(0.99) };
    };
    const naive = power(fit.naive);
    const spoof = power(fit.spoof);
    return {
      section: 'channel C: tokens to conviction when the judge also runs the suspect',
      model,
      suspect: fit.recipe,
      'naive 50%': naive.half,
      'naive 99%': naive.most,
      'spoof 50%': spoof.half,
      'spoof 99%': spoof.most,
      'honest verdicts': fit.honestVerdicts,
      'honest max ln E': Number(fit.honestMaxNats.toFixed(2)),
      'worst mean of a bet': Number(fit.worstGain.toFixed(4)),
      'stake per draw, nats': fit.stakes.drawMilli / 1000,
      gamma: fit.stakes.gammaMilli / 1000,
    };
  });
}
