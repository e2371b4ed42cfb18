export { entropyMilli, samplingMargin, sketchDistanceMicro } from '../measure.ts';
export {
  type Calibration,
  type CalibrationPlan,
  calibrate,
  checkHonest,
  type HonestCheck,
  halves,
  INVALID_MICRO,
  type Machine,
  makeTasks,
  measureSuspect,
  type ObservedSuspect,
  observeSuspect,
  type Suspect,
  type SuspectResult,
} from './calibrate.ts';
export { betRow, fitTable, honestBounds, meanGain, type Suspicion, scoreOf } from './fit.ts';
export {
  createUniform,
  type Observation,
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
