/**
 * A transaction with everything derived from its bytes, computed once: ids and sizes are asked for
 * over and over by the mempool, the chain and the RPC.
 */
import {
  type BitcoinTransaction,
  encodeBitcoinTransaction,
  encodeWithoutWitness,
  hashToDisplayHex,
  hasWitness,
  weightToVsize,
} from '@assay/bitcoin';
import { doubleSha256 } from '@assay/crypto';

export interface KnownTransaction {
  readonly tx: BitcoinTransaction;
  /** With witnesses. */
  readonly bytes: Uint8Array;
  /** Internal order. */
  readonly txid: Uint8Array;
  readonly wtxid: Uint8Array;
  /** Display order; the key of every map of transactions. */
  readonly id: string;
  readonly witnessId: string;
  readonly weight: number;
  readonly vsize: number;
}

export function knownTransaction(tx: BitcoinTransaction): KnownTransaction {
  const stripped = encodeWithoutWitness(tx);
  const bytes = hasWitness(tx) ? encodeBitcoinTransaction(tx) : stripped;
  const txid = doubleSha256(stripped);
  const wtxid = bytes === stripped ? txid : doubleSha256(bytes);
  const weight = stripped.length * 3 + bytes.length;
  const id = hashToDisplayHex(txid);
  const witnessId = wtxid === txid ? id : hashToDisplayHex(wtxid);
  return { tx, bytes, txid, wtxid, id, witnessId, weight, vsize: weightToVsize(weight) };
}

/** Map key of an output: `txid:index`, the txid in display order. */
export function outpointKey(id: string, index: number): string {
  return `${id}:${index}`;
}
