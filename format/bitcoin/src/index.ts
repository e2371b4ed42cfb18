export {
  BITCOIN_HEADER_BYTES,
  type BitcoinBlock,
  type BitcoinBlockHeader,
  bitcoinBlockHash,
  bitcoinBlockHashHex,
  bitcoinBlockWeight,
  bitcoinBlockWork,
  compactToTarget,
  decodeBitcoinBlock,
  decodeBitcoinHeader,
  encodeBitcoinBlock,
  encodeBitcoinHeader,
  hashToNumber,
  hasProofOfWork,
  REGTEST_BITS,
  targetToCompact,
} from './block.ts';
export { hashFromDisplayHex, hashToDisplayHex, reverseHash } from './hash-order.ts';
export { COIN_SATS, LIMITS } from './limits.ts';
export type { BitcoinDecodeError } from './little-endian.ts';
export { LittleEndianReader, LittleEndianWriter } from './little-endian.ts';
export {
  type BitcoinMerkleProof,
  bitcoinMerkleProof,
  bitcoinMerkleRoot,
  isMerkleMutated,
  transactionMerkleRoot,
  verifyBitcoinMerkleProof,
  witnessCommitmentScript,
  witnessMerkleRoot,
} from './merkle.ts';
export {
  type BitcoinInput,
  type BitcoinOutput,
  type BitcoinTransaction,
  bitcoinTransactionWeight,
  bitcoinTxid,
  bitcoinTxidHex,
  bitcoinWtxid,
  decodeBitcoinTransaction,
  encodeBitcoinTransaction,
  encodeWithoutWitness,
  hasWitness,
  isCoinbase,
  readBitcoinTransaction,
  weightToVsize,
  writeBitcoinOutput,
  writeBitcoinTransaction,
} from './transaction.ts';
