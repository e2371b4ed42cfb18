/**
 * What a miner's Bitcoin side must remember over a restart: the output the next operation is
 * chained to, and the operation that waits for a block. Stored under one key as JSON.
 */
import { bytesFromHex, bytesFromUtf8, bytesToHex, utf8FromBytes } from '@assay/bytes';
import type { Store } from '@assay/store';
import type { Coin } from './bitcoin-rpc.ts';

/** One version of an operation that was sent. */
export interface SentVersion {
  readonly txid: Uint8Array;
  readonly change: Coin | null;
}

export interface PendingOp {
  readonly kind: 'key-register' | 'block-commit';
  /** Spent by every version. */
  readonly coins: readonly Coin[];
  readonly feeSats: bigint;
  readonly vsize: number;
  /** Bytes behind OP_RETURN of the newest version: tells whether a replacement is needed. */
  readonly data: Uint8Array;
  /** Newest last. Any of them may be the one that is mined. */
  readonly versions: readonly SentVersion[];
}

export interface OperatorState {
  /** Change of the last confirmed operation. */
  readonly chained: Coin | null;
  readonly pending: PendingOp | null;
}

const KEY = bytesFromUtf8('operator');

const encodeCoin = (coin: Coin | null) =>
  coin && { ...coin, txid: bytesToHex(coin.txid), sats: coin.sats.toString() };
type StoredCoin = ReturnType<typeof encodeCoin>;
const decodeCoin = (coin: StoredCoin): Coin | null =>
  coin && { ...coin, txid: bytesFromHex(coin.txid), sats: BigInt(coin.sats) };

function encode({ chained, pending }: OperatorState) {
  return {
    chained: encodeCoin(chained),
    pending: pending && {
      kind: pending.kind,
      coins: pending.coins.map(encodeCoin),
      feeSats: pending.feeSats.toString(),
      vsize: pending.vsize,
      data: bytesToHex(pending.data),
      versions: pending.versions.map(({ txid, change }) => ({
        txid: bytesToHex(txid),
        change: encodeCoin(change),
      })),
    },
  };
}

export function readOperatorState(store: Store): OperatorState {
  const bytes = store.get(KEY);
  if (bytes === null) return { chained: null, pending: null };
  const { chained, pending }: ReturnType<typeof encode> = JSON.parse(utf8FromBytes(bytes)!);
  return {
    chained: decodeCoin(chained),
    pending: pending && {
      kind: pending.kind,
      coins: pending.coins.map((coin) => decodeCoin(coin)!),
      feeSats: BigInt(pending.feeSats),
      vsize: pending.vsize,
      data: bytesFromHex(pending.data),
      versions: pending.versions.map(({ txid, change }) => ({
        txid: bytesFromHex(txid),
        change: decodeCoin(change),
      })),
    },
  };
}

/** Durable on return. */
export function writeOperatorState(store: Store, state: OperatorState): void {
  store.batch((batch) => batch.put(KEY, bytesFromUtf8(JSON.stringify(encode(state)))));
}
