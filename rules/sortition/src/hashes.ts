/**
 * The hash chain of the burn view: operations hash, sortition hash, consensus hash, sortition id.
 * Called by `decide-burn-block.ts`; the coordinator re-checks headers against the results.
 * Source: SIP-001; stacks-core `burn/mod.rs` (facts); reference/stacks.md 2.6.
 */
import { ByteWriter, bytesFromUtf8, concatBytes } from '@assay/bytes';
import { ripemd160, sha256, sha512_256 } from '@assay/crypto';
import type { PoxParams } from '@assay/params';

/** Names the rules of this fork set inside every consensus hash. */
const FORK_SET_VERSION = Uint8Array.of(23, 0, 0, 0);

/** SHA-256 over the txids of the accepted operations, in block order. @consensus */
export function computeOpsHash(txids: readonly Uint8Array[]): Uint8Array {
  return sha256(concatBytes(...txids));
}

/** Mixes 32 bytes (a burn header hash, then a winner's seed) into the rolling hash. @consensus */
export function mixSortitionHash(sortitionHash: Uint8Array, value: Uint8Array): Uint8Array {
  return sha256(concatBytes(sortitionHash, value));
}

/**
 * The number that picks a winner: 32 bytes read as u256.
 * Quirk: little-endian, unlike every other number of Stacks.
 * @consensus
 */
export function sortitionIndex(hash: Uint8Array): bigint {
  let value = 0n;
  for (let i = hash.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(hash[i]!);
  return value;
}

/**
 * One digit per reward cycle begun, behind a leading one: which anchor blocks were seen. Since
 * signers fix the set, none is ever missed, so all digits are ones.
 * @consensus
 */
export function poxIdAt(pox: PoxParams, burnHeight: number): string {
  const effective = burnHeight - pox.firstBurnHeight;
  const begun = effective < 1 ? 0 : Math.floor((effective - 1) / pox.rewardCycleLength) + 1;
  return '1'.repeat(1 + begun);
}

/** 32 bytes that name a Bitcoin block under a set of anchor blocks. @consensus */
export function computeSortitionId(burnHeaderHash: Uint8Array, poxId: string): Uint8Array {
  return sha512_256(concatBytes(burnHeaderHash, bytesFromUtf8(poxId)));
}

/** Heights whose consensus hashes enter the next one: parent, -1, -3, -7, ... @consensus */
export function consensusAncestorHeights(parentHeight: number, firstHeight: number): number[] {
  const heights: number[] = [];
  for (let back = 0; parentHeight - back >= firstHeight; back = back * 2 + 1) {
    heights.push(parentHeight - back);
  }
  return heights;
}

export interface ConsensusHashInput {
  readonly burnHeaderHash: Uint8Array;
  readonly opsHash: Uint8Array;
  readonly totalBurnSats: bigint;
  readonly poxId: string;
  /** In the order of `consensusAncestorHeights`, 20 bytes each. */
  readonly ancestors: readonly Uint8Array[];
}

/** 20 bytes. @consensus */
export function computeConsensusHash(input: ConsensusHashInput): Uint8Array {
  const writer = new ByteWriter()
    .raw(FORK_SET_VERSION)
    .raw(input.burnHeaderHash)
    .raw(input.opsHash)
    .u64(input.totalBurnSats)
    .raw(bytesFromUtf8(input.poxId));
  for (const hash of input.ancestors) writer.raw(hash);
  return ripemd160(sha256(writer.finish()));
}
