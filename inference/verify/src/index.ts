export type { Answer, Submission } from './answer.ts';
export {
  type AnswerOptions,
  type AnswerTask,
  type MadeAnswer,
  makeAnswer,
  sketchOf,
} from './answer-maker.ts';
export {
  type Alternative,
  type Channel,
  type Evidence,
  type EvidenceTable,
  evidenceSha256,
  GENERIC_EVIDENCE,
  GENERIC_EVIDENCE_SHA256,
  GENERIC_HONEST,
  weighEvidence,
} from './evidence.ts';
export { type Judged, type JudgeOptions, judge, type Reason, type Statistics } from './judge.ts';
