/** Transactions, blocks, StackerDB chunks and signer messages: data, bytes, ids, signatures. */
export { addressOfSigner, hashPublicKeys } from './address-hash.ts';
export {
  type BitVec,
  bitAt,
  bitVec,
  bitVecOnes,
  readBitVec,
  writeBitVec,
} from './bit-vec.ts';
export {
  blockHash,
  blockId,
  blockIdFrom,
  decodeBlock,
  decodeBlockHeader,
  EMPTY_HEADER,
  encodeBlock,
  encodeBlockHeader,
  minerSignatureHash,
  type NakamotoBlock,
  type NakamotoBlockHeader,
  type ProblematicTransaction,
  readBlock,
  readBlockHeader,
  recoverMinerKey,
  signerSignatureHash,
  signHeaderAsMiner,
  transactionsRoot,
  writeBlock,
} from './block.ts';
export {
  BLOCK_PROPOSAL_DATA_VERSION,
  type BlockProposal,
  type BlockProposalData,
  blockProposalData,
  type MinerDiagnostics,
  type MiningReason,
} from './block-proposal.ts';
export {
  BLOCK_RESPONSE_DATA_VERSION,
  type BlockAccepted,
  type BlockRejected,
  type BlockResponse,
  type BlockResponseData,
  blockResponseData,
  createBlockRejection,
  recoverResponseKey,
  rejectionHash,
} from './block-response.ts';
export { decodeWhole, type WireError, wireError } from './door.ts';
export { inferArguments } from './infer-call.ts';
export {
  INFER_VERSION,
  type InferPayload,
  type InferPrivacy,
  type InferPrompt,
  inferPayloadFault,
} from './infer-payload.ts';
export { LIMITS } from './limits.ts';
export {
  type CoinbasePayload,
  type CoinbaseToAltPayload,
  type ContractCallPayload,
  decodePayload,
  encodePayload,
  type MicroblockHeader,
  type NakamotoCoinbasePayload,
  PAYLOAD_ID,
  type PoisonMicroblockPayload,
  type SmartContractPayload,
  type TenureChangeCause,
  type TenureChangePayload,
  type TokenTransferPayload,
  type TransactionPayload,
  type VersionedSmartContractPayload,
} from './payload.ts';
export type {
  AssetId,
  ContractId,
  FungibleCode,
  NonFungibleCode,
  PostCondition,
  PostConditionMode,
  PostConditionPrincipal,
} from './post-condition.ts';
export {
  type RejectCode,
  type RejectReason,
  rejectCodeOf,
  VALIDATE_REJECT_CODES,
  type ValidateRejectCode,
} from './reject-reason.ts';
export {
  type AuthFlag,
  initialSighash,
  postsignSighash,
  presignSighash,
  sighashAfter,
} from './sighash.ts';
export {
  appendOriginKey,
  appendSponsorKey,
  type ConditionFields,
  multiSigCondition,
  type SigningKey,
  setSponsor,
  signerHash,
  signOrigin,
  signSponsor,
  singleSigCondition,
} from './sign.ts';
export {
  decodeSignerMessage,
  encodeSignerMessage,
  MINER_SLOT,
  SIGNER_LANE,
  type SignerMessage,
} from './signer-message.ts';
export {
  AUTH_FLAG,
  type AuthField,
  type HashMode,
  isSingleSig,
  isUnordered,
  type MultiSigCondition,
  type MultiSigMode,
  type SequentialMultiSigMode,
  type SingleSigCondition,
  type SingleSigMode,
  type SpendingCondition,
  type TransactionAuth,
  type UnorderedMultiSigMode,
} from './spending-condition.ts';
export {
  chunkDigest,
  decodeChunk,
  encodeChunk,
  recoverChunkKey,
  type SlotMetadata,
  type StackerDbChunk,
  signChunk,
  slotDigest,
  slotMetadata,
  verifyChunk,
} from './stackerdb.ts';
export type { MinerState, StateMachineUpdate } from './state-machine-update.ts';
export { domainTuple, type StructuredDomain, structuredDataHash } from './structured-data.ts';
export {
  type AnchorMode,
  decodeTransaction,
  encodeTransaction,
  readTransaction,
  type Transaction,
  type TransactionVersion,
  transactionId,
  transactionIdOfBytes,
  writeTransaction,
} from './transaction.ts';
export {
  authAccounts,
  type VerifiedAuth,
  type VerifyOptions,
  verifyTransaction,
} from './verify.ts';
