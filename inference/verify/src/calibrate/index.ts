export { entropyMilli, samplingMargin, sketchDistanceMilli } from '../measure.ts';
export {
  type Calibration,
  type CalibrationPlan,
  calibrate,
  checkHonest,
  type EvaluationPlan,
  evaluate,
  type HonestCheck,
  halves,
  INVALID_MICRO,
  type Machine,
  type MeasuredSuspect,
  type Measurements,
  type MeasurePlan,
  makeTasks,
  measure,
  measureSuspect,
  type ObservedSuspect,
  type Suspect,
  type SuspectResult,
} from './calibrate.ts';
export { betRow, fitTable, honestBounds, meanGain, type Suspicion, scoreOf } from './fit.ts';
export { type NoiseTail, noiseTail, reachMicro, shareAbove } from './noise-tail.ts';
export {
  createUniform,
  eachRedraw,
  type Observation,
  type Observed,
  type ObservedAnswer,
  type ObserveOptions,
  observe,
  type PairSummary,
} from './observe.ts';
export { plotRoc } from './plot.ts';
export { measurePower, type Power, peakOf, type RocPoint, rocCurve, stringPeaks } from './power.ts';
export {
  collectSpecimens,
  type HostHabits,
  type Specimen,
  type SpecimenTask,
  scoreSpecimens,
} from './specimens.ts';
export { type AnswerBets, type AttributionFit, attributionPower, fitStakes } from './stakes.ts';
