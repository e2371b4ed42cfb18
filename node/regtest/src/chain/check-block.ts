/**
 * Consensus rules of one block that need no coins: work, times, Merkle roots, the coinbase's form,
 * lock times, weight. Spending is checked when the block is connected (connect-block.ts).
 * Source: Bitcoin Core validation.cpp (CheckBlock, ContextualCheckBlock[Header]); BIP34, 113, 141.
 */
import {
  LIMITS as BITCOIN_LIMITS,
  type BitcoinBlock,
  bitcoinMerkleRoot,
  hasProofOfWork,
  hasWitness,
  isCoinbase,
  isMerkleMutated,
  pushNumberScript,
  REGTEST_BITS,
  witnessCommitmentScript,
} from '@assay/bitcoin';
import { bytesEqual, ok, type Result } from '@assay/bytes';
import { LIMITS } from '../limits.ts';
import { type BlockEntry, medianTimeSecs } from './block-index.ts';
import { checkTransaction, isFinal, type Rejection, reject } from './check-transaction.ts';
import { type KnownTransaction, knownTransaction } from './known-transaction.ts';

export interface KnownBlock {
  readonly block: BitcoinBlock;
  /** Internal order. */
  readonly hash: Uint8Array;
  readonly transactions: readonly KnownTransaction[];
  /** With witnesses. */
  readonly bytes: Uint8Array;
}

/** Output script prefix of a witness commitment: OP_RETURN, 36 bytes, magic. */
const COMMITMENT_PREFIX = Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed);

export function knownTransactions(block: BitcoinBlock): KnownTransaction[] {
  return block.transactions.map(knownTransaction);
}

/** @param nowSecs  our clock, for blocks from the future */
export function checkBlock(
  known: KnownBlock,
  parent: BlockEntry,
  nowSecs: number,
): Result<null, Rejection> {
  const checks = [checkHeader, checkTree, checkContents, checkCommitment];
  for (const check of checks) {
    const verdict = check(known, parent, nowSecs);
    if (!verdict.ok) return verdict;
  }
  return ok(null);
}

function checkHeader({ block }: KnownBlock, parent: BlockEntry, nowSecs: number) {
  const { header } = block;
  if (header.bits !== REGTEST_BITS) return reject('bad-diffbits', 'incorrect proof of work');
  if (!hasProofOfWork(header)) return reject('high-hash', 'proof of work failed');
  if (header.timeSecs <= medianTimeSecs(parent)) {
    return reject('time-too-old', "block's timestamp is too early");
  }
  if (header.timeSecs > nowSecs + LIMITS.futureBlockSecs) {
    return reject('time-too-new', 'block timestamp too far in the future');
  }
  // A negative version counts as low.
  if ((header.version | 0) < 4) {
    return reject(`bad-version(0x${header.version.toString(16).padStart(8, '0')})`);
  }
  return ok(null);
}

function checkTree({ block, transactions }: KnownBlock) {
  const txids = transactions.map(({ txid }) => txid);
  if (!bytesEqual(bitcoinMerkleRoot(txids), block.header.merkleRoot)) {
    return reject('bad-txnmrklroot', 'hashMerkleRoot mismatch');
  }
  return isMerkleMutated(txids) ? reject('bad-txns-duplicate', 'duplicate transaction') : ok(null);
}

function checkContents({ block, transactions }: KnownBlock, parent: BlockEntry) {
  const [coinbase, ...rest] = block.transactions;
  const burnHeight = parent.burnHeight + 1;
  if (coinbase === undefined) return reject('bad-blk-length', 'size limits failed');
  const weight = transactions.reduce((sum, tx) => sum + tx.weight, 4 * (80 + 9));
  if (weight > BITCOIN_LIMITS.blockWeightMax) return reject('bad-blk-weight');
  if (!isCoinbase(coinbase)) return reject('bad-cb-missing', 'first tx is not coinbase');
  if (rest.some(isCoinbase)) return reject('bad-cb-multiple', 'more than one coinbase');
  for (const tx of block.transactions) {
    const verdict = checkTransaction(tx);
    if (!verdict.ok) return verdict;
    if (!isFinal(tx, burnHeight, medianTimeSecs(parent))) {
      return reject('bad-txns-nonfinal', 'non-final transaction');
    }
  }
  const prefix = pushNumberScript(burnHeight);
  if (!bytesEqual(coinbase.inputs[0]!.scriptSig.subarray(0, prefix.length), prefix)) {
    return reject('bad-cb-height', 'block height mismatch in coinbase');
  }
  return ok(null);
}

/** BIP141: the last matching coinbase output commits to all witnesses. */
function checkCommitment({ block, transactions }: KnownBlock) {
  const coinbase = block.transactions[0]!;
  const commitment = coinbase.outputs.findLast(
    ({ script }) => script.length >= 38 && bytesEqual(script.subarray(0, 6), COMMITMENT_PREFIX),
  );
  if (commitment === undefined) {
    const unexpected = block.transactions.some(hasWitness);
    return unexpected ? reject('unexpected-witness', 'unexpected witness data found') : ok(null);
  }
  const { witness } = coinbase.inputs[0]!;
  if (witness.length !== 1 || witness[0]!.length !== 32) {
    return reject('bad-witness-nonce-size', 'invalid witness reserved value size');
  }
  const leaves = transactions.map(({ wtxid }, i) => (i === 0 ? new Uint8Array(32) : wtxid));
  const script = witnessCommitmentScript(bitcoinMerkleRoot(leaves), witness[0]!);
  return bytesEqual(script, commitment.script.subarray(0, 38))
    ? ok(null)
    : reject('bad-witness-merkle-match', 'witness merkle commitment mismatch');
}
