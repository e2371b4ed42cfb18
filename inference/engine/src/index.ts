export {
  answerRoom,
  type Candidate,
  type Engine,
  type EngineCapabilities,
  EngineError,
  type EngineInfo,
  type GenerateOptions,
  type Generation,
  type TokenScore,
} from './engine.ts';
export { FakeEngine, type FakeEngineOptions } from './fake.ts';
export { type Draw, drawGmV1, gumbel, orderCandidates, type ScoredCandidate } from './gm-v1.ts';
export { expGm, lnGm } from './gm-v1-math.ts';
export {
  DEFAULT_THRESHOLDS,
  type DescribeOptions,
  describeModel,
  engineMismatch,
} from './manifest.ts';
