/**
 * Unspent outputs and the undo data of a block, as stored.
 *
 * Store layout (hashes in internal order, numbers big-endian in keys):
 *   `b` hash            block bytes with witnesses
 *   `i` hash            index entry (see block-index.ts)
 *   `u` txid index      unspent output
 *   `s` script hash, txid, index   the same outputs by script (empty values)
 *   `d` hash            undo data: the outputs its transactions spent, in input order
 *   `t` txid            hash of the active block that holds it
 *   `m` name            tip, version of this layout
 *   `p` sequence        mempool transaction, in order of arrival
 *   `w` name            wallet
 */
import { type BitcoinOutput, LittleEndianReader, LittleEndianWriter } from '@assay/bitcoin';
import { ByteReader, ByteWriter, bytesFromUtf8, concatBytes } from '@assay/bytes';
import { hash160 } from '@assay/crypto';

export interface Coin extends BitcoinOutput {
  /** Height of the block that made it; the next block's for mempool outputs. */
  readonly burnHeight: number;
  readonly isCoinbase: boolean;
}

export interface Outpoint {
  /** Internal order. */
  readonly txid: Uint8Array;
  readonly index: number;
}

function tag(letter: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes(bytesFromUtf8(letter), ...parts);
}

function u32(value: number): Uint8Array {
  return new ByteWriter(4).u32(value).finish();
}

export const KEYS = {
  block: (hash: Uint8Array) => tag('b', hash),
  index: (hash: Uint8Array) => tag('i', hash),
  indexes: tag('i'),
  coin: (at: Outpoint) => tag('u', at.txid, u32(at.index)),
  coins: tag('u'),
  coinByScript: (script: Uint8Array, at: Outpoint) =>
    tag('s', hash160(script), at.txid, u32(at.index)),
  coinsByScript: (script: Uint8Array) => tag('s', hash160(script)),
  undo: (hash: Uint8Array) => tag('d', hash),
  transaction: (txid: Uint8Array) => tag('t', txid),
  meta: (name: string) => tag('m', bytesFromUtf8(name)),
  pooled: (sequence: number) => tag('p', u32(sequence)),
  allPooled: tag('p'),
  wallet: (name: string) => tag('w', bytesFromUtf8(name)),
  wallets: tag('w'),
} as const;

/** The outpoint at the end of a `u` or `s` key. */
export function outpointOfKey(key: Uint8Array): Outpoint {
  const tail = key.subarray(key.length - 36);
  return { txid: tail.slice(0, 32), index: new ByteReader(tail, 32).u32() };
}

function writeCoin(writer: LittleEndianWriter, coin: Coin): void {
  writer.compactSize(coin.burnHeight * 2 + (coin.isCoinbase ? 1 : 0));
  writer.u64(coin.valueSats).varBytes(coin.script);
}

function readCoin(reader: LittleEndianReader): Coin {
  const code = reader.compactSize();
  return {
    burnHeight: Math.floor(code / 2),
    isCoinbase: code % 2 === 1,
    valueSats: reader.u64(),
    script: reader.varBytes(),
  };
}

export function encodeCoin(coin: Coin): Uint8Array {
  const writer = new LittleEndianWriter(48);
  writeCoin(writer, coin);
  return writer.finish();
}

export function decodeCoin(bytes: Uint8Array): Coin {
  return readCoin(new LittleEndianReader(bytes));
}

export function encodeUndo(coins: readonly Coin[]): Uint8Array {
  const writer = new LittleEndianWriter().compactSize(coins.length);
  for (const coin of coins) writeCoin(writer, coin);
  return writer.finish();
}

export function decodeUndo(bytes: Uint8Array): Coin[] {
  return new LittleEndianReader(bytes).vec(1, readCoin);
}
