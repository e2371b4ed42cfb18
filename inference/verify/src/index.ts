export type { Answer, Submission } from './answer.ts';
export {
  type AnswerOptions,
  type AnswerTask,
  type MadeAnswer,
  makeAnswer,
  sketchOf,
} from './answer-maker.ts';
export {
  type AttributedToken,
  type Attribution,
  type AttributionBets,
  type AttributionStakes,
  attribute,
  attributionBets,
  DEFAULT_STAKES,
  SHARE_MICRO,
} from './attribution.ts';
export {
  type CalibratedSuspect,
  type CalibratedTable,
  DEFAULT_AXES,
  decodeCalibratedTable,
  type TableAxes,
  type TableRejection,
} from './calibrated-table.ts';
export { embedInput } from './embedding.ts';
export {
  type Attributed,
  type AttributedAnswer,
  askSuspects,
  type EscalationQuestion,
  type EscalationReason,
  escalationReason,
} from './escalation.ts';
export {
  type Alternative,
  type Channel,
  type Evidence,
  type EvidenceTable,
  evidenceSha256,
  GENERIC_EVIDENCE,
  GENERIC_EVIDENCE_SHA256,
  GENERIC_HONEST,
  type GenericTable,
  placeToken,
  type TokenEvidence,
  type TokenMeasurement,
  WIDTHS,
  weighEvidence,
} from './evidence.ts';
export {
  concludeAnswer,
  type Judged,
  type JudgeOptions,
  judge,
  type Reason,
  type ScoredAnswer,
  type Statistics,
  scoreAnswer,
  sketchEvidenceMicro,
} from './judge.ts';
export { type AttributionAudit, type Audit, JudgeBook, type Ruling } from './judge-book.ts';
export {
  NO_CONSTRAINT,
  parseConstraint,
  type SessionConstraint,
  sessionPromptIds,
} from './session-ask.ts';
export {
  DEFAULT_BOUNDS,
  type MonitorBounds,
  NEW_MONITOR,
  type ShadowMonitor,
  type TableState,
} from './shadow.ts';
export { type HostRecord, NEW_HOST, updateWealth } from './wealth.ts';
