/**
 * A signer tells the others which burn block and which miner it follows, so that the set agrees
 * before blocks arrive.
 * Source: libsigner/src/v0/messages.rs StateMachineUpdate.
 */
import { assert, ByteReader, ByteWriter } from '@assay/bytes';
import { readTail } from './signer-text.ts';
import { readTransaction, type Transaction, writeTransaction } from './transaction.ts';

export type MinerState =
  | { readonly kind: 'no-valid-miner' }
  | {
      readonly kind: 'active-miner';
      /** HASH160 of the miner's key, 20 bytes. */
      readonly minerPubkeyHash: Uint8Array;
      /** Consensus hashes, 20 bytes each. */
      readonly tenureId: Uint8Array;
      readonly parentTenureId: Uint8Array;
      /** Block id, 32 bytes. */
      readonly parentTenureLastBlock: Uint8Array;
      readonly parentTenureLastBlockHeight: number;
    };

export interface StateMachineUpdate {
  /** Versions spoken and understood; the lower one fixes the layout: 0, 1 or 2. */
  readonly activeProtocolVersion: number;
  readonly supportedProtocolVersion: number;
  /** Consensus hash of the newest Bitcoin block, 20 bytes. */
  readonly burnBlock: Uint8Array;
  readonly burnHeight: number;
  readonly currentMiner: MinerState;
  /** Transactions to replay after a Bitcoin fork; must be empty in version 0. */
  readonly replayTransactions: readonly Transaction[];
}

const VERSION_MAX = 2;

function layoutVersion(update: StateMachineUpdate): number {
  return Math.min(update.activeProtocolVersion, update.supportedProtocolVersion);
}

function writeMiner(writer: ByteWriter, miner: MinerState): void {
  if (miner.kind === 'no-valid-miner') {
    writer.u8(0);
    return;
  }
  writer.u8(1).raw(miner.minerPubkeyHash).raw(miner.tenureId).raw(miner.parentTenureId);
  writer.raw(miner.parentTenureLastBlock).u64(miner.parentTenureLastBlockHeight);
}

function readMiner(reader: ByteReader): MinerState {
  const id = reader.u8();
  if (id === 0) return { kind: 'no-valid-miner' };
  if (id !== 1) reader.fail('wire/miner-state', `unknown miner state ${id}`);
  return {
    kind: 'active-miner',
    minerPubkeyHash: reader.take(20),
    tenureId: reader.take(20),
    parentTenureId: reader.take(20),
    parentTenureLastBlock: reader.take(32),
    parentTenureLastBlockHeight: reader.u64Safe(),
  };
}

export function writeStateMachineUpdate(writer: ByteWriter, update: StateMachineUpdate): void {
  const version = layoutVersion(update);
  assert(version <= VERSION_MAX, 'unknown signer protocol version');
  const inner = new ByteWriter(160).raw(update.burnBlock).u64(update.burnHeight);
  writeMiner(inner, update.currentMiner);
  if (version > 0) inner.vec(update.replayTransactions, writeTransaction);
  else assert(update.replayTransactions.length === 0, 'version 0 replays nothing');
  writer.u64(update.activeProtocolVersion).u64(update.supportedProtocolVersion);
  writer.u32(inner.length).raw(inner.finish());
}

/**
 * Differs: stacks-core ignores surplus bytes inside the content; here they are refused.
 * @throws DecodeError wire/signer-protocol, wire/miner-state
 */
export function readStateMachineUpdate(reader: ByteReader): StateMachineUpdate {
  const activeProtocolVersion = reader.u64Safe();
  const supportedProtocolVersion = reader.u64Safe();
  const version = Math.min(activeProtocolVersion, supportedProtocolVersion);
  const inner = new ByteReader(readTail(reader));
  if (version > VERSION_MAX) reader.fail('wire/signer-protocol', `protocol version ${version}`);
  const burnBlock = inner.take(20);
  const burnHeight = inner.u64Safe();
  const currentMiner = readMiner(inner);
  const replayTransactions = version > 0 ? inner.vec(inner.remaining, readTransaction) : [];
  inner.end();
  return {
    activeProtocolVersion,
    supportedProtocolVersion,
    burnBlock,
    burnHeight,
    currentMiner,
    replayTransactions,
  };
}
