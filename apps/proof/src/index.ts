/** Checks an answer from the chain up, believing no node: for the terminal and for a page. */
export { type BitcoinSource, esploraSource } from './bitcoin-source.ts';
export type { Check, Checks, ProvenAnswer, VerifyReport } from './checks.ts';
export type {
  InferResult,
  PlaceJson,
  ReceiptJson,
  RequestJson,
  ResultJson,
  VerdictJson,
} from './infer-result.ts';
export { httpSource, type NodeSource, SourceError } from './node-source.ts';
export type { Signer } from './sources.ts';
export { formatStx } from './stx.ts';
export {
  type RescoreInput,
  type TrustedNetwork,
  type VerifyOptions,
  verifyAnswer,
} from './verify-answer.ts';
export { type ReceiptOptions, type ReceiptReport, verifyReceipt } from './verify-receipt.ts';
