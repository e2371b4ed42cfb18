/**
 * What a block stands on, in chainstate's words: the burn view as facts, the signers, and the
 * Bitcoin blocks below for `get-burn-block-info?`.
 */
import type { BlockContext, BurnStateDb, BurnView, SignerSet } from '@assay/chainstate';
import type { BurnAddressKind, Snapshot, SnapshotDb } from '@assay/sortition';

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

export function contextOf(standing: Standing): BlockContext {
  const { view, timestampSecs, signers } = standing;
  return { burnView: burnViewOf(view), timestampSecs, signers };
}

/**
 * Versions of addresses in contracts, by output. A script hash alone does not tell whether it is of a
 * plain script or of one that wraps a witness: it counts as plain.
 * Source: stacks-core pox-4.clar (address versions).
 */
const POX_VERSIONS: Readonly<Record<BurnAddressKind, number>> = {
  p2pkh: 0,
  p2sh: 1,
  p2wpkh: 4,
  p2wsh: 5,
  p2tr: 6,
};

/** Bitcoin blocks as contracts see them. */
export function burnStateOf(snapshots: SnapshotDb): BurnStateDb {
  return {
    burnBlock(consensusHash, burnHeight) {
      const view = snapshots.byConsensusHash(consensusHash);
      const found = view === null ? null : snapshots.ancestorAt(view, burnHeight);
      if (found === null) return null;
      const addresses = found.payouts.payees.map(({ kind, program }) => ({
        version: Uint8Array.of(POX_VERSIONS[kind]),
        hashBytes: program,
      }));
      const { perPayeeSats: payoutSats } = found.payouts;
      return { headerHash: found.burnHeaderHash, poxAddresses: { addresses, payoutSats } };
    },
  };
}
