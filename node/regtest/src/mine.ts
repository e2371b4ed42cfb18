/**
 * Builds and mines blocks: coinbase with height and witness commitment, transactions chosen by the
 * caller, then a handful of hashes (regtest's target is met by every second one).
 * Deterministic: same chain, same transactions, same clock, same bytes. The extra nonce is the
 * number of blocks ever seen, so two blocks on the same parent in the same second differ.
 * Source: Bitcoin Core node/miner.cpp; BIP34, BIP141.
 */
import {
  type BitcoinBlock,
  type BitcoinBlockHeader,
  type BitcoinTransaction,
  bitcoinMerkleRoot,
  hasProofOfWork,
  pushNumberScript,
  REGTEST_BITS,
  witnessCommitmentScript,
} from '@assay/bitcoin';
import { concatBytes } from '@assay/bytes';
import { medianTimeSecs } from './chain/block-index.ts';
import type { RegtestChain } from './chain/chain.ts';
import { type KnownTransaction, knownTransaction } from './chain/known-transaction.ts';
import { BLOCK_VERSION, subsidySats } from './chain/params.ts';

export interface MiningRequest {
  readonly chain: RegtestChain;
  /** Receives subsidy and fees. */
  readonly script: Uint8Array;
  /** In block order, parents first; with the fees they pay. */
  readonly transactions: readonly KnownTransaction[];
  readonly feesSats: bigint;
  readonly nowSecs: number;
}

/** A block on the tip with valid work; not submitted. */
export function mineBlock(request: MiningRequest): BitcoinBlock {
  const { chain, transactions } = request;
  const coinbase = buildCoinbase(request);
  const all = [knownTransaction(coinbase), ...transactions];
  const header = grind({
    version: BLOCK_VERSION,
    prevHash: chain.tip.hash,
    merkleRoot: bitcoinMerkleRoot(all.map(({ txid }) => txid)),
    timeSecs: Math.max(medianTimeSecs(chain.tip) + 1, request.nowSecs),
    bits: REGTEST_BITS,
    nonce: 0,
  });
  return { header, transactions: all.map(({ tx }) => tx) };
}

function buildCoinbase(request: MiningRequest): BitcoinTransaction {
  const { chain, script, transactions, feesSats } = request;
  const burnHeight = chain.burnHeight + 1;
  const leaves = [new Uint8Array(32), ...transactions.map(({ wtxid }) => wtxid)];
  const reserved = new Uint8Array(32);
  const commitment = witnessCommitmentScript(bitcoinMerkleRoot(leaves), reserved);
  return {
    version: 2,
    inputs: [
      {
        prevTxid: new Uint8Array(32),
        prevIndex: 0xffffffff,
        scriptSig: concatBytes(pushNumberScript(burnHeight), pushNumberScript(chain.index.size)),
        sequence: 0xffffffff,
        witness: [reserved],
      },
    ],
    outputs: [
      { valueSats: subsidySats(burnHeight) + feesSats, script },
      { valueSats: 0n, script: commitment },
    ],
    lockTime: 0,
  };
}

function grind(header: BitcoinBlockHeader): BitcoinBlockHeader {
  let tried = header;
  while (!hasProofOfWork(tried)) tried = { ...tried, nonce: tried.nonce + 1 };
  return tried;
}
