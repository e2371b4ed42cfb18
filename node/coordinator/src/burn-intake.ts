/**
 * The Bitcoin side of the coordinator: burn blocks come in from the follower, are decided and
 * stored, and the canonical fork follows Bitcoin's best chain.
 * Satisfies the follower's `BurnSink`; writes snapshots; tells the coordinator what moved.
 */
import { assert, bytesEqual, bytesFromUtf8, bytesToHex } from '@assay/bytes';
import type { NetworkParams } from '@assay/params';
import {
  type BurnBlock,
  type BurnDecision,
  decideBurnBlock,
  firstSnapshot,
  type Snapshot,
  SnapshotDb,
} from '@assay/sortition';
import type { Store } from '@assay/store';
import { BoundedMap } from './bounded-map.ts';
import { LIMITS } from './limits.ts';

export interface BurnMove {
  readonly oldTip: Snapshot;
  readonly newTip: Snapshot;
  /** The last block that both have. */
  readonly fork: Snapshot;
  /** Blocks that became canonical, oldest first. */
  readonly joined: readonly Snapshot[];
}

/** A sortition somebody won, as its miner needs it. */
export interface Election {
  readonly consensusHash: Uint8Array;
  readonly burnHeight: number;
  readonly sortitionHash: Uint8Array;
  readonly minerPubkeyHash: Uint8Array;
  /** First block of the tenure that the winning commit builds on. */
  readonly parentTenureStart: Uint8Array;
  readonly winnerTxid: Uint8Array;
}

/** Of an operation: its Bitcoin block and its index therein. */
export interface BurnPosition {
  readonly burnHeight: number;
  readonly vtxindex: number;
}

export class BurnIntake {
  readonly snapshots: SnapshotDb;
  readonly #network: NetworkParams;
  readonly #decisions = new BoundedMap<BurnDecision>(LIMITS.decisionsMax);

  constructor(store: Store, network: NetworkParams) {
    this.snapshots = new SnapshotDb(store.prefixed(bytesFromUtf8('s/')));
    this.#network = network;
  }

  /** Null before the first burn block. */
  tip(): Snapshot | null {
    return this.snapshots.isInitialized ? this.snapshots.tip : null;
  }

  at(burnHeight: number): Snapshot | null {
    return this.snapshots.isInitialized ? this.snapshots.atHeight(burnHeight) : null;
  }

  addFirst(block: BurnBlock): void {
    const { firstBurnHeight } = this.#network.pox;
    assert(block.burnHeight === firstBurnHeight, 'the first burn block is at the first height');
    if (!this.snapshots.isInitialized) this.snapshots.initialize(firstSnapshot(block));
  }

  /** Decides a block on whatever fork. Again is harmless. */
  add(block: BurnBlock): void {
    if (this.snapshots.byBurnHash(block.burnHeaderHash) !== null) return;
    const parent = this.snapshots.byBurnHash(block.parentBurnHeaderHash);
    assert(parent !== null, 'burn blocks come after their parents');
    const decision = decideBurnBlock(block, this.snapshots.history(parent), this.#network);
    this.snapshots.append(decision);
    this.#decisions.set(bytesToHex(decision.snapshot.sortitionId), decision);
  }

  /** Bitcoin's best chain ends here; null when it did before. */
  moveTip(burnHeaderHash: Uint8Array): BurnMove | null {
    const { snapshots } = this;
    const newTip = snapshots.byBurnHash(burnHeaderHash);
    assert(newTip !== null, 'a burn tip was handed over before it was named');
    const oldTip = snapshots.tip;
    if (bytesEqual(oldTip.sortitionId, newTip.sortitionId)) return null;
    const joined: Snapshot[] = [];
    let fork = newTip;
    while (!snapshots.isCanonical(fork)) {
      joined.unshift(fork);
      fork = snapshots.bySortitionId(fork.parentSortitionId)!;
    }
    snapshots.setTip(newTip.sortitionId);
    return { oldTip, newTip, fork, joined };
  }

  /** How a recent burn block was decided. */
  decisionOf(snapshot: Snapshot): BurnDecision | null {
    return this.#decisions.get(bytesToHex(snapshot.sortitionId)) ?? null;
  }

  /** Where a VRF key was registered on the canonical fork. */
  registeredKey(vrfPublicKey: Uint8Array): BurnPosition | null {
    const tip = this.tip();
    return tip === null ? null : this.snapshots.keyPosition(vrfPublicKey, tip);
  }

  /** The commit that won a tenure; null for genesis and for a hash that nobody knows. */
  winningCommit(tenure: Uint8Array): BurnPosition | null {
    if (!this.snapshots.isInitialized) return null;
    const snapshot = this.snapshots.byConsensusHash(tenure);
    if (snapshot?.winner == null) return null;
    return { burnHeight: snapshot.burnHeight, vtxindex: snapshot.winner.vtxindex };
  }

  /** The newest canonical sortition whose winner can sign blocks. */
  election(): Election | null {
    const tip = this.tip();
    const won = tip === null ? null : this.snapshots.lastSortition(tip);
    return won === null ? null : electionOf(won);
  }

  /** The sortition that elected a tenure; null for genesis and for a hash that nobody knows. */
  electionOf(tenure: Uint8Array): Election | null {
    if (!this.snapshots.isInitialized) return null;
    const won = this.snapshots.byConsensusHash(tenure);
    return won === null ? null : electionOf(won);
  }
}

function electionOf({
  winner,
  consensusHash,
  burnHeight,
  sortitionHash,
}: Snapshot): Election | null {
  if (winner === null || winner.minerPubkeyHash === null) return null;
  return {
    consensusHash,
    burnHeight,
    sortitionHash,
    minerPubkeyHash: winner.minerPubkeyHash,
    parentTenureStart: winner.parentTenureId,
    winnerTxid: winner.txid,
  };
}
