export {
  type AssuranceClass,
  assuranceClass,
  assuranceCode,
  assuranceOf,
  type ProvingPower,
} from './assurance.ts';
export {
  type AuditDraw,
  auditedReceipts,
  auditRateMicro,
  drawEntropy,
  drawJudges,
  drawRanked,
  hostWeight,
  isAudited,
  judgeEntropy,
} from './audit-draw.ts';
export { encodeCanonicalJson } from './canonical-json.ts';
export {
  type ClosingCertificate,
  closingCertificateOf,
  type SignedIndex,
} from './certificate.ts';
export {
  type ClaimVerdictEntry,
  type DisputeVerdictEntry,
  decodeReceiptChunk,
  decodeVerdictChunk,
  encodeReceiptChunk,
  encodeVerdictChunk,
  type Receipt,
  type VerdictChunk,
  type VerdictEntry,
} from './chunks.ts';
export {
  CLAIM_VERDICT_CODES,
  type Claim,
  type ClaimVerdict,
  claimAmountMaxMicro,
  claimHash,
  claimTuple,
  claimVerdictTuple,
  type PricedReceipt,
  receiptsRoot,
  signClaimVerdict,
  verifyClaimVerdict,
} from './claim.ts';
export {
  type Commitment,
  commitmentHash,
  commitmentOfTuple,
  commitmentTuple,
  commitTranscript,
  decodeCommitment,
  encodeCommitment,
  signCommitment,
  verifyCommitment,
} from './commitment.ts';
export {
  absoluteCell,
  compandedPosition,
  decodeLogprob,
  encodeLogprob,
  fineBitsOf,
  fineCode,
  logprobCellMicro,
  STEP_PARTS,
} from './companding.ts';
export {
  type DisputeVerdict,
  disputeVerdictTuple,
  signDisputeVerdict,
  verifyDisputeVerdict,
} from './dispute.ts';
export { LIMITS } from './limits.ts';
export {
  decodeManifest,
  encodeManifest,
  type ManifestV1,
  type ManifestV2,
  type ModelManifest,
  modelId,
  modelIdHex,
  type NumericProfile,
  type SuspectModel,
  suspectsOf,
  type Thresholds,
} from './manifest.ts';
export {
  commitmentProof,
  commitmentRoot,
  idsLeaf,
  idsLeaves,
  LEAF_TOKENS,
  leafCount,
  SALT_BYTES,
  SKETCH_BYTES,
  sketchLeaf,
  sketchLeaves,
  verifyCommitmentProof,
} from './merkle.ts';
export { blindOf, decodeOpening, encodeOpening, type Opening } from './opening.ts';
export { PLANT_TOKENS, plantDigest, plantedSketch } from './plant.ts';
export { decodePrompt, encodePrompt, type Prompt, promptHash, promptMessages } from './prompt.ts';
export type { JobsRejection } from './reject.ts';
export {
  type InferenceRequest,
  requestHash,
  requestTuple,
  type SamplingParams,
  samplingParamsTuple,
  samplingSeed,
} from './request.ts';
export {
  blindingOf,
  decodeSealedPrompt,
  isRecipient,
  type OpenedPrompt,
  openBody,
  openSealedPrompt,
  SEAL_KEY_BYTES,
  type SealContext,
  type SealedPrompt,
  type SealKeyPair,
  type SealPurpose,
  type SealScope,
  sealBody,
  sealKeyPair,
  sealPrompt,
  sealSecretOf,
} from './seal.ts';
export {
  type AnswerChunk,
  chunkTuple,
  constraintHash,
  nextChunkDigest,
  type SessionPrices,
  type SessionRequest,
  type SessionTerms,
  type Signed,
  sessionPrice,
  sessionRequestHash,
  sessionRequestTuple,
  signChunk,
  signSessionRequest,
  signVoucher,
  type TokenUsage,
  type Voucher,
  verifyChunk,
  verifySessionRequest,
  verifyVoucher,
  voucherTuple,
} from './session.ts';
export {
  type ClaimLine,
  decodeClaimLine,
  decodePostedRequest,
  decodeSessionLine,
  decodeSignedVoucher,
  encodeClaimLine,
  encodePostedRequest,
  encodeSessionLine,
  encodeSignedVoucher,
  type PostedRequest,
  type SessionLine,
  type SignedVoucher,
  type TokenLogprob,
} from './session-lines.ts';
export {
  decodeSessionPrompt,
  encodeSessionPrompt,
  type SessionPrompt,
} from './session-prompt.ts';
export { sessionTermsOf } from './session-terms.ts';
export {
  type CallContent,
  readSignedCall,
  SIGNED_CALL_WINDOW_SECS,
  type SignedCall,
  type SignedCallRejection,
  signCall,
} from './signed-call.ts';
export {
  hashClarityValue,
  inferenceDomain,
  recoverStructured,
  signStructured,
  structuredDigest,
} from './signing.ts';
export {
  CHATML,
  type ChatMessage,
  type ChatTemplate,
  type MessageFrame,
  type PromptPiece,
  renderTemplate,
} from './template.ts';
export {
  decodeSketchPart,
  decodeTranscript,
  encodeSketchPart,
  encodeTranscript,
  type Finish,
  outputHash,
  type SketchPart,
  sketchRootOf,
  type Transcript,
  type TranscriptIds,
  transcriptHash,
} from './transcript.ts';
export { decodeVector, encodeVector } from './vector.ts';
export {
  type Judgement,
  signVerdict,
  VERDICT_CODES,
  type Verdict,
  verdictTuple,
  verifyVerdict,
} from './verdict.ts';
