/**
 * Burn operations: the Stacks transactions that travel inside Bitcoin transactions. Plain data, as
 * parsed from one transaction of one burn block; whether they count is decided in `check-op.ts`.
 * Hashes of Bitcoin (txids) are in the order people and Stacks print them.
 * Source: SIP-001, SIP-007, SIP-021, SIP-022; reference/stacks.md 2.5.
 */
import type { BurnAddress } from './burn-address.ts';

/** Where an operation stands in the burn chain. */
export interface OpPosition {
  /** 32 bytes, display order. */
  readonly txid: Uint8Array;
  readonly burnHeight: number;
  /** Index of the transaction in its Bitcoin block. */
  readonly vtxindex: number;
}

/** An output spent by an operation's first input. */
export interface SpentOutput {
  readonly txid: Uint8Array;
  readonly index: number;
}

/** Announces the VRF key and the block-signing key of a miner. */
export interface KeyRegisterOp extends OpPosition {
  readonly kind: 'key-register';
  /** 20 bytes, not checked. */
  readonly consensusHash: Uint8Array;
  /** 32 bytes. */
  readonly vrfPublicKey: Uint8Array;
  readonly memo: Uint8Array;
}

/** Bids for the right to mine the next tenure. */
export interface BlockCommitOp extends OpPosition {
  readonly kind: 'block-commit';
  /** Block id of the first block of the tenure this one builds on, 32 bytes. */
  readonly parentTenureId: Uint8Array;
  /** Hash of that tenure's VRF proof, 32 bytes. */
  readonly newSeed: Uint8Array;
  /** Burn height and index of the commit that won that tenure; 0, 0 for genesis. */
  readonly parentBlockHeight: number;
  readonly parentVtxindex: number;
  /** Position of the key registration. */
  readonly keyBlockHeight: number;
  readonly keyVtxindex: number;
  /** Five bits: the newest epoch the miner knows. */
  readonly epochMarker: number;
  /** Burn height modulo 5 of the block this commit was made for, minus one. */
  readonly burnParentModulus: number;
  /** Payees, without the OP_RETURN: one in a prepare phase, two in a reward phase. */
  readonly commitOutputs: readonly BurnAddress[];
  /** Satoshis spent on the bid. */
  readonly burnFeeSats: bigint;
  readonly input: SpentOutput;
  /** Script of the output behind the bid: the miner as far as one can tell. Empty when none. */
  readonly senderScript: Uint8Array;
}

/** A commit that came one block late: not a bid, but it keeps the chain of commits alive. */
export interface MissedCommit extends OpPosition {
  readonly kind: 'missed-commit';
  readonly input: SpentOutput;
  /** Burn height it was made for. */
  readonly intendedHeight: number;
}

/** Authorises the owner of the first output to send the operation that spends the second. */
export interface PreStxOp extends OpPosition {
  readonly kind: 'pre-stx';
  readonly owner: BurnAddress;
}

export interface StackStxOp extends OpPosition {
  readonly kind: 'stack-stx';
  readonly sender: BurnAddress;
  readonly rewardAddress: BurnAddress;
  readonly amountMicro: bigint;
  readonly cycles: number;
  /** 33 bytes. */
  readonly signerKey: Uint8Array | null;
  readonly maxAmountMicro: bigint | null;
  readonly authId: number | null;
}

export interface TransferStxOp extends OpPosition {
  readonly kind: 'transfer-stx';
  readonly sender: BurnAddress;
  readonly recipient: BurnAddress;
  readonly amountMicro: bigint;
  readonly memo: Uint8Array;
}

export interface DelegateStxOp extends OpPosition {
  readonly kind: 'delegate-stx';
  readonly sender: BurnAddress;
  readonly delegateTo: BurnAddress;
  readonly amountMicro: bigint;
  readonly rewardAddress: { readonly outputIndex: number; readonly address: BurnAddress } | null;
  readonly untilBurnHeight: bigint | null;
}

export interface VoteForAggregateKeyOp extends OpPosition {
  readonly kind: 'vote-for-aggregate-key';
  readonly sender: BurnAddress;
  readonly signerIndex: number;
  /** 33 bytes. */
  readonly aggregateKey: Uint8Array;
  readonly round: number;
  readonly rewardCycle: bigint;
}

export type StxOp = StackStxOp | TransferStxOp | DelegateStxOp | VoteForAggregateKeyOp;

/** Everything that enters the operations hash when accepted. */
export type AcceptedOp = KeyRegisterOp | BlockCommitOp | StxOp;

/** An stx operation before its authorisation was looked up: the sender is still unknown. */
export type WithoutSender<T> = T extends StxOp ? Omit<T, 'sender'> : never;

export interface UnauthorizedOp {
  readonly kind: 'unauthorized';
  /** The pre-stx transaction whose output 1 was spent. */
  readonly preStxTxid: Uint8Array;
  readonly op: WithoutSender<StxOp>;
}

/** What the parser finds in one Bitcoin transaction. */
export type ParsedOp = KeyRegisterOp | BlockCommitOp | PreStxOp | UnauthorizedOp;

/** One Bitcoin block as sortition sees it. */
export interface BurnBlock {
  readonly burnHeight: number;
  /** 32 bytes, display order. */
  readonly burnHeaderHash: Uint8Array;
  readonly parentBurnHeaderHash: Uint8Array;
  readonly timestampSecs: number;
  /** Ascending by `vtxindex`. */
  readonly ops: readonly ParsedOp[];
}

/** Opcodes behind the magic bytes. */
export const OPCODE = {
  blockCommit: 0x5b, // [
  keyRegister: 0x5e, // ^
  stackStx: 0x78, // x
  preStx: 0x70, // p
  transferStx: 0x24, // $
  delegateStx: 0x23, // #
  voteForAggregateKey: 0x76, // v
} as const;

/** The hash160 of the key that signs this miner's blocks; null when the memo is too short. */
export function signingKeyHash(op: KeyRegisterOp): Uint8Array | null {
  return op.memo.length >= 20 ? op.memo.slice(0, 20) : null;
}

/**
 * Output a later commit must spend to be chained to a commit made at this phase: the one behind
 * the bid, counted with the OP_RETURN.
 */
export function chainedOutputIndex(singleOutput: boolean, outputsPerCommit: number): number {
  return singleOutput ? 2 : outputsPerCommit + 1;
}
