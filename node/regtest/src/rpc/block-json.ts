/**
 * Headers and blocks as bitcoind shows them.
 * Source: Bitcoin Core rpc/blockchain.cpp (blockheaderToJSON, blockToJSON, GetDifficulty).
 */
import { isCoinbase } from '@assay/bitcoin';
import { bytesToHex } from '@assay/bytes';
import { type BlockEntry, medianTimeSecs } from '../chain/block-index.ts';
import type { RegtestChain } from '../chain/chain.ts';
import { RawNumber, type RpcObject } from './json.ts';
import { transactionToJson } from './transaction-json.ts';

/** -1 for blocks that are not active. */
export function confirmationsOf(chain: RegtestChain, entry: BlockEntry): number {
  return chain.isActive(entry) ? chain.burnHeight - entry.burnHeight + 1 : -1;
}

/** How many times harder than the easiest mainnet target. */
export function difficultyOf(bits: number): RawNumber {
  const difficulty = (0xffff / (bits & 0x00ffffff)) * 256 ** (29 - (bits >>> 24));
  // bitcoind prints sixteen digits, JavaScript as many as tell two numbers apart.
  return new RawNumber(difficulty.toPrecision(16));
}

export function chainWorkHex(entry: BlockEntry): string {
  return entry.chainWork.toString(16).padStart(64, '0');
}

export function headerToJson(chain: RegtestChain, entry: BlockEntry): RpcObject {
  const { header } = entry;
  const next = chain.isActive(entry) ? chain.at(entry.burnHeight + 1) : null;
  return {
    hash: entry.id,
    confirmations: confirmationsOf(chain, entry),
    height: entry.burnHeight,
    version: header.version | 0,
    versionHex: header.version.toString(16).padStart(8, '0'),
    merkleroot: bytesToHex(header.merkleRoot.slice().reverse()),
    time: header.timeSecs,
    mediantime: medianTimeSecs(entry),
    nonce: header.nonce,
    bits: header.bits.toString(16).padStart(8, '0'),
    difficulty: difficultyOf(header.bits),
    chainwork: chainWorkHex(entry),
    nTx: entry.txCount,
    previousblockhash: entry.parent?.id,
    nextblockhash: next?.id,
  };
}

/** @param verbosity  1 txids, 2 transactions with fees, 3 also what inputs spend */
export function blockToJson(chain: RegtestChain, entry: BlockEntry, verbosity: number): RpcObject {
  const { transactions, bytes } = chain.block(entry);
  const weight = transactions.reduce(
    (sum, tx) => sum + tx.weight,
    4 * (80 + (transactions.length < 0xfd ? 1 : 3)),
  );
  const strippedBytes = (weight - bytes.length) / 3;
  // Undo data exists for active blocks only; bitcoind leaves fees out too where it lacks it.
  const undo = verbosity >= 2 && chain.isActive(entry) ? chain.undo(entry) : null;
  let at = 0;
  return {
    ...headerToJson(chain, entry),
    strippedsize: strippedBytes,
    size: bytes.length,
    weight,
    tx: transactions.map((known) => {
      if (verbosity < 2) return known.id;
      const count = isCoinbase(known.tx) ? 0 : known.tx.inputs.length;
      const coins = undo?.slice(at, at + count) ?? null;
      at += count;
      const spent = coins === null ? null : { coins, withPrevouts: verbosity >= 3 };
      return { ...transactionToJson(known, spent), hex: bytesToHex(known.bytes) };
    }),
  };
}
