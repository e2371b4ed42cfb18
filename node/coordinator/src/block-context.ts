/**
 * What a block stands on, in chainstate's words: the burn view as facts, the signers, and the
 * Bitcoin blocks below for `get-burn-block-info?`.
 */
import type { BlockContext, BurnView, SignerSet } from '@assay/chainstate';
import type { Snapshot, SnapshotDb } from '@assay/sortition';

/** A snapshot as chainstate sees it. */
export function burnViewOf(snapshot: Snapshot): BurnView {
  const { winner } = snapshot;
  return {
    consensusHash: snapshot.consensusHash,
    burnHeight: snapshot.burnHeight,
    burnHeaderHash: snapshot.burnHeaderHash,
    sortitionHash: snapshot.sortitionHash,
    vrfSeed: winner?.vrfSeed ?? new Uint8Array(32),
    totalBurn: snapshot.totalBurnSats,
    burnTimestampSecs: snapshot.timestampSecs,
    minerPubkeyHash: winner?.minerPubkeyHash ?? null,
    accumulatedCoinbaseMicro: snapshot.accumulatedCoinbaseMicro,
    burnSpentSats: winner?.blockBurnSats ?? 0n,
    winnerSpentSats: winner?.burnFeeSats ?? 0n,
  };
}

export interface Standing {
  /** The burn view it executes in: the tenure's own or a later one. */
  readonly view: Snapshot;
  readonly timestampSecs: number;
  readonly signers: SignerSet;
}

export function contextOf(snapshots: SnapshotDb, standing: Standing): BlockContext {
  const { view, timestampSecs, signers } = standing;
  return {
    burnView: burnViewOf(view),
    timestampSecs,
    signers,
    burnBlockHash: (burnHeight) => snapshots.ancestorAt(view, burnHeight)?.burnHeaderHash ?? null,
  };
}
