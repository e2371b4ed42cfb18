/**
 * Writes burn operations: the bytes behind OP_RETURN, magic included. The inverse of `parse-op.ts`
 * for the data part; outputs and inputs are the wallet's business.
 * Called by node/burnchain when a miner registers a key or commits.
 * Source: SIP-001, SIP-007, SIP-022; reference/stacks.md 2.5.
 */
import { assert, ByteWriter, concatBytes } from '@assay/bytes';
import { LIMITS } from './limits.ts';
import {
  type BlockCommitOp,
  type DelegateStxOp,
  type KeyRegisterOp,
  OPCODE,
  type StackStxOp,
  type TransferStxOp,
  type VoteForAggregateKeyOp,
} from './op.ts';

type Data<T, K extends keyof T> = Pick<T, K>;

export type KeyRegisterData = Data<KeyRegisterOp, 'consensusHash' | 'vrfPublicKey' | 'memo'>;
export type BlockCommitData = Data<
  BlockCommitOp,
  | 'parentTenureId'
  | 'newSeed'
  | 'parentBlockHeight'
  | 'parentVtxindex'
  | 'keyBlockHeight'
  | 'keyVtxindex'
  | 'epochMarker'
  | 'burnParentModulus'
>;

function start(magic: Uint8Array, opcode: number): ByteWriter {
  return new ByteWriter(80).raw(magic).u8(opcode);
}

/** At most 80 bytes. The first 20 bytes of the memo are the hash160 of the block-signing key. */
export function encodeKeyRegister(magic: Uint8Array, op: KeyRegisterData): Uint8Array {
  return start(magic, OPCODE.keyRegister)
    .raw(op.consensusHash)
    .raw(op.vrfPublicKey)
    .raw(op.memo.subarray(0, LIMITS.keyRegisterMemoBytesMax))
    .finish();
}

/** Exactly 80 bytes. */
export function encodeBlockCommit(magic: Uint8Array, op: BlockCommitData): Uint8Array {
  return start(magic, OPCODE.blockCommit)
    .raw(op.parentTenureId)
    .raw(op.newSeed)
    .u32(op.parentBlockHeight)
    .u16(op.parentVtxindex)
    .u32(op.keyBlockHeight)
    .u16(op.keyVtxindex)
    .u8((op.epochMarker << 3) | op.burnParentModulus)
    .finish();
}

export function encodePreStx(magic: Uint8Array): Uint8Array {
  return start(magic, OPCODE.preStx).finish();
}

/** Optional fields are positional: an absent one ends the data. */
export function encodeStackStx(
  magic: Uint8Array,
  op: Data<StackStxOp, 'amountMicro' | 'cycles' | 'signerKey' | 'maxAmountMicro' | 'authId'>,
): Uint8Array {
  const writer = start(magic, OPCODE.stackStx).u128(op.amountMicro).u8(op.cycles);
  if (op.signerKey === null) return writer.finish();
  writer.raw(op.signerKey);
  if (op.maxAmountMicro === null) return writer.finish();
  writer.u128(op.maxAmountMicro);
  return op.authId === null ? writer.finish() : writer.u32(op.authId).finish();
}

export function encodeTransferStx(
  magic: Uint8Array,
  op: Data<TransferStxOp, 'amountMicro' | 'memo'>,
): Uint8Array {
  assert(op.memo.length <= LIMITS.transferMemoBytesMax, 'memo of transfer-stx too long');
  return start(magic, OPCODE.transferStx).u128(op.amountMicro).raw(op.memo).finish();
}

export function encodeDelegateStx(
  magic: Uint8Array,
  op: Data<DelegateStxOp, 'amountMicro' | 'untilBurnHeight'> & {
    readonly rewardOutputIndex: number | null;
  },
): Uint8Array {
  const index = op.rewardOutputIndex;
  const until = op.untilBurnHeight;
  const writer = start(magic, OPCODE.delegateStx).u128(op.amountMicro);
  writer.u8(index === null ? 0 : 1).u32(index ?? 0);
  return until === null ? writer.u8(0).finish() : writer.u8(1).u64(until).finish();
}

export function encodeVote(
  magic: Uint8Array,
  op: Data<VoteForAggregateKeyOp, 'signerIndex' | 'aggregateKey' | 'round' | 'rewardCycle'>,
): Uint8Array {
  return start(magic, OPCODE.voteForAggregateKey)
    .u16(op.signerIndex)
    .raw(op.aggregateKey)
    .u32(op.round)
    .u64(op.rewardCycle)
    .finish();
}

/** Output script `OP_RETURN <data>`; data of at most 80 bytes. */
export function opReturnScript(data: Uint8Array): Uint8Array {
  assert(data.length > 0 && data.length <= 80, 'OP_RETURN data of 1 to 80 bytes');
  const head = data.length <= 75 ? [0x6a, data.length] : [0x6a, 0x4c, data.length];
  return concatBytes(Uint8Array.from(head), data);
}
