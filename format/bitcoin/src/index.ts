export {
  type AddressError,
  type BitcoinNetwork,
  decodeBase58Check,
  encodeBase58Check,
  formatAddress,
  formatWif,
  type ImportedKey,
  parseAddress,
  parseWif,
} from './address.ts';
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
export { decodeDerSignature, encodeDerSignature } from './der.ts';
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
export { OPCODES } from './opcode.table.ts';
export {
  encodeScriptNumber,
  isPublicKeyShaped,
  isPushOnly,
  isUnspendable,
  multisigScript,
  type OutputKind,
  opReturnScript,
  p2pkhScript,
  p2pkScript,
  p2shScript,
  p2trScript,
  p2wpkhScript,
  p2wshScript,
  parseScript,
  pushNumberScript,
  pushScript,
  recognizeOutput,
  type ScriptOp,
  witnessProgram,
} from './script.ts';
export { formatScript } from './script-text.ts';
export { legacySighash, SIGHASH, taggedHash, taprootSighash, witnessV0Sighash } from './sighash.ts';
export { type SpendingKey, signInput } from './sign.ts';
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
export { type InputError, verifyInput } from './verify-input.ts';
