/**
 * From a Bitcoin block to a snapshot: which operations count, who won the right to mine, and the
 * hashes that name the result. A pure function of the block and its fork's history.
 * Called by node/coordinator for every burn block, in order; it stores what comes back.
 * Source: SIP-001, SIP-021; stacks-core `burn/sortition.rs`, `burn/db/processing.rs` (facts).
 */
import { assert, bytesEqual, bytesToHex, type Result } from '@assay/bytes';
import { coinbaseMicroAt, isPreparePhase, type NetworkParams, rulesAt } from '@assay/params';
import { computeCarryover, nullMinerRangeEnd } from './atc.ts';
import { BURN_ADDRESS } from './burn-address.ts';
import {
  type CommitRecipients,
  checkBlockCommit,
  checkKeyRegister,
  checkStxOp,
  findKey,
  type OpRejection,
} from './check-op.ts';
import {
  type BidSample,
  computeBidSamples,
  medianOf,
  pickSample,
  type WindowBlock,
} from './distribution.ts';
import {
  computeConsensusHash,
  computeOpsHash,
  computeSortitionId,
  consensusAncestorHeights,
  mixSortitionHash,
  poxIdAt,
  sortitionIndex,
} from './hashes.ts';
import type { BurnHistory } from './history.ts';
import {
  type AcceptedOp,
  type BlockCommitOp,
  type BurnBlock,
  type MissedCommit,
  type ParsedOp,
  type PreStxOp,
  type StxOp,
  signingKeyHash,
  type UnauthorizedOp,
} from './op.ts';
import type { BlockOps, Payouts, Snapshot, SortitionWinner } from './snapshot.ts';

export interface BurnDecision {
  readonly snapshot: Snapshot;
  readonly ops: BlockOps;
  /** Operations that did not count, and why. */
  readonly rejected: readonly { readonly op: ParsedOp; readonly error: OpRejection }[];
  /** The bids with their weights and ranges. */
  readonly samples: readonly BidSample<BlockCommitOp>[];
  /** Why there is no winner; null when there is one. */
  readonly noWinner: 'no-commits' | 'not-active' | 'null-miner' | null;
}

/**
 * @param block      the child of `history.tip`
 * @param recipients whom commits of this block must pay; null when there is no reward set
 * @consensus
 */
export function decideBurnBlock(
  block: BurnBlock,
  history: BurnHistory,
  network: NetworkParams,
  recipients: CommitRecipients | null = null,
): BurnDecision {
  const parent = history.tip;
  assert(block.burnHeight === parent.burnHeight + 1, 'burn blocks are decided in order');
  assert(
    bytesEqual(block.parentBurnHeaderHash, parent.burnHeaderHash),
    'a burn block is decided on its parent',
  );
  const judged = judgeOps(block, history, network, recipients);
  const sortitionHash = mixSortitionHash(parent.sortitionHash, block.burnHeaderHash);
  const draw = drawWinner(block, judged, history, network, sortitionHash);
  const payouts = payoutsOf(block.burnHeight, judged.accepted, network, recipients);
  const snapshot = makeSnapshot(block, judged, history, network, { sortitionHash, draw, payouts });
  const { accepted, missed, preStx, rejected } = judged;
  const { samples, noWinner } = draw;
  return { snapshot, ops: { accepted, missed, preStx }, rejected, samples, noWinner };
}

interface JudgedOps {
  readonly accepted: AcceptedOp[];
  readonly missed: MissedCommit[];
  readonly preStx: PreStxOp[];
  readonly rejected: { op: ParsedOp; error: OpRejection }[];
}

function judgeOps(
  block: BurnBlock,
  history: BurnHistory,
  network: NetworkParams,
  recipients: CommitRecipients | null,
): JudgedOps {
  const judged: JudgedOps = { accepted: [], missed: [], preStx: [], rejected: [] };
  const keys = new Set<string>();
  const ops = [...block.ops].sort((a, b) => positionOf(a) - positionOf(b));
  for (const op of ops) {
    const verdict = judgeOp(op, judged, keys, history, network, recipients);
    if (!verdict.ok) judged.rejected.push({ op, error: verdict.error });
  }
  return judged;
}

function positionOf(op: ParsedOp): number {
  return op.kind === 'unauthorized' ? op.op.vtxindex : op.vtxindex;
}

function judgeOp(
  op: ParsedOp,
  judged: JudgedOps,
  keys: Set<string>,
  history: BurnHistory,
  network: NetworkParams,
  recipients: CommitRecipients | null,
): Result<unknown, OpRejection> {
  switch (op.kind) {
    case 'pre-stx':
      judged.preStx.push(op);
      return { ok: true, value: null };
    case 'key-register': {
      const verdict = checkKeyRegister(op, history);
      if (!verdict.ok) return verdict;
      const key = bytesToHex(op.vrfPublicKey);
      if (keys.has(key)) {
        const message = 'an earlier operation of this block registers the same key';
        return { ok: false, error: { code: 'sortition/duplicate-key-in-block', message } };
      }
      keys.add(key);
      judged.accepted.push(op);
      return verdict;
    }
    case 'block-commit': {
      const verdict = checkBlockCommit(op, history, network, recipients);
      if (!verdict.ok) return verdict;
      if (verdict.value.kind === 'missed') judged.missed.push(verdict.value.missed);
      else judged.accepted.push(op);
      return verdict;
    }
    case 'unauthorized': {
      const owner = findPreStx(op, judged, history);
      if (owner === null) {
        const message = 'the first input spends no pre-stx operation';
        return { ok: false, error: { code: 'sortition/no-pre-stx', message } };
      }
      const full = { ...op.op, sender: owner.owner } as StxOp;
      const verdict = checkStxOp(full);
      if (verdict.ok) judged.accepted.push(full);
      return verdict;
    }
  }
}

function findPreStx(op: UnauthorizedOp, judged: JudgedOps, history: BurnHistory): PreStxOp | null {
  const here = judged.preStx.find((pre) => bytesEqual(pre.txid, op.preStxTxid));
  return here ?? history.preStx(op.preStxTxid);
}

interface Draw {
  readonly samples: readonly BidSample<BlockCommitOp>[];
  readonly winner: BlockCommitOp | null;
  readonly noWinner: BurnDecision['noWinner'];
  /** Sum of the bids of this block. */
  readonly blockBurn: bigint;
}

function drawWinner(
  block: BurnBlock,
  judged: JudgedOps,
  history: BurnHistory,
  network: NetworkParams,
  sortitionHash: Uint8Array,
): Draw {
  const commits = judged.accepted.filter((op) => op.kind === 'block-commit');
  const blockBurn = sumBids(commits);
  if (commits.length === 0) return { samples: [], winner: null, noWinner: 'no-commits', blockBurn };
  const window = commitWindow(block, commits, judged.missed, history, network);
  const samples = computeBidSamples(window, network.pox.outputsPerCommit);
  const seed = history.lastSortition()?.winner?.vrfSeed ?? new Uint8Array(32);
  const index = sortitionIndex(mixSortitionHash(sortitionHash, seed));
  const picked = samples[pickSample(samples, index)!]!;
  const needed = Math.min(rulesAt(block.burnHeight).commitFrequencyMin, window.length);
  if (picked.frequency < needed) {
    return { samples, winner: null, noWinner: 'not-active', blockBurn };
  }
  const median = medianOf(window.map((entry) => sumBids(entry.commits)));
  const carryover = computeCarryover(blockBurn, median);
  if (carryover.fell && index < nullMinerRangeEnd(carryover.atc)) {
    return { samples, winner: null, noWinner: 'null-miner', blockBurn };
  }
  return { samples, winner: picked.commit, noWinner: null, blockBurn };
}

function sumBids(commits: readonly BlockCommitOp[]): bigint {
  return commits.reduce((sum, commit) => sum + commit.burnFeeSats, 0n);
}

/** Six blocks in a reward phase (fewer near the start), this block alone in a prepare phase. */
function commitWindow(
  block: BurnBlock,
  commits: readonly BlockCommitOp[],
  missedHere: readonly MissedCommit[],
  history: BurnHistory,
  network: NetworkParams,
): WindowBlock<BlockCommitOp>[] {
  const singleOutput = isPreparePhase(network.pox, block.burnHeight);
  const window: WindowBlock<BlockCommitOp>[] = [{ commits, missed: [], singleOutput }];
  if (singleOutput) return window;
  const size = rulesAt(block.burnHeight).commitWindow;
  // A commit is at most one block late: those made for a block arrived in the next one.
  let missed = missedHere;
  for (let height = block.burnHeight - 1; window.length < size; height--) {
    const ops = history.opsAt(height);
    if (ops === null) break;
    window.push({
      commits: ops.accepted.filter((op) => op.kind === 'block-commit'),
      missed,
      singleOutput: isPreparePhase(network.pox, height),
    });
    missed = ops.missed;
  }
  return window.reverse();
}

function makeSnapshot(
  block: BurnBlock,
  judged: JudgedOps,
  history: BurnHistory,
  network: NetworkParams,
  outcome: { readonly sortitionHash: Uint8Array; readonly draw: Draw; readonly payouts: Payouts },
): Snapshot {
  const { sortitionHash, draw, payouts } = outcome;
  const parent = history.tip;
  const opsHash = computeOpsHash(judged.accepted.map((op) => op.txid));
  const poxId = poxIdAt(network.pox, block.burnHeight);
  const totalBurnSats = parent.totalBurnSats + (draw.winner === null ? 0n : draw.blockBurn);
  const ancestors = consensusAncestorHeights(parent.burnHeight, history.firstHeight).map(
    (height) => history.snapshotAt(height)!.consensusHash,
  );
  const { burnHeight, burnHeaderHash, parentBurnHeaderHash, timestampSecs } = block;
  const input = { burnHeaderHash, opsHash, totalBurnSats, poxId, ancestors };
  const winner = draw.winner === null ? null : winnerOf(draw.winner, draw.blockBurn, history);
  return {
    burnHeight,
    burnHeaderHash,
    parentBurnHeaderHash,
    timestampSecs,
    consensusHash: computeConsensusHash(input),
    sortitionId: computeSortitionId(burnHeaderHash, poxId),
    parentSortitionId: parent.sortitionId,
    opsHash,
    sortitionHash:
      winner === null ? sortitionHash : mixSortitionHash(sortitionHash, winner.vrfSeed),
    totalBurnSats,
    sortitionCount: parent.sortitionCount + (winner === null ? 0 : 1),
    accumulatedCoinbaseMicro: accumulatedCoinbase(parent, network),
    payouts,
    winner,
  };
}

function winnerOf(
  commit: BlockCommitOp,
  blockBurnSats: bigint,
  history: BurnHistory,
): SortitionWinner {
  const key = findKey(history, commit.keyBlockHeight, commit.keyVtxindex);
  assert(key !== null, 'an accepted commit names a registered key');
  return {
    txid: commit.txid,
    vtxindex: commit.vtxindex,
    burnFeeSats: commit.burnFeeSats,
    blockBurnSats,
    parentTenureId: commit.parentTenureId,
    parentBlockHeight: commit.parentBlockHeight,
    parentVtxindex: commit.parentVtxindex,
    vrfSeed: commit.newSeed,
    vrfPublicKey: key.vrfPublicKey,
    minerPubkeyHash: signingKeyHash(key),
    keyBlockHeight: commit.keyBlockHeight,
    keyVtxindex: commit.keyVtxindex,
    senderScript: commit.senderScript,
  };
}

/**
 * Source: stacks-core `burn/db/sortdb.rs` (get_pox_payout_per_output and the padding with burn addresses).
 */
function payoutsOf(
  burnHeight: number,
  accepted: readonly AcceptedOp[],
  network: NetworkParams,
  recipients: CommitRecipients | null,
): Payouts {
  const burnsOnly = isPreparePhase(network.pox, burnHeight);
  const outputs = burnsOnly ? 1 : network.pox.outputsPerCommit;
  const drawn = burnsOnly ? [] : (recipients?.payees ?? []);
  const payees = Array.from({ length: outputs }, (_, i) => drawn[i] ?? BURN_ADDRESS);
  let perPayeeSats = 0n;
  for (const op of accepted) {
    if (op.kind === 'block-commit') perPayeeSats += op.burnFeeSats / BigInt(outputs);
  }
  return { payees, perPayeeSats };
}

/**
 * Coinbases of the blocks since the last winner.
 * Differs: no bonus for Bitcoin blocks before the first sortition of the chain; our chains start
 * with a funded genesis.
 */
function accumulatedCoinbase(parent: Snapshot, network: NetworkParams): bigint {
  if (parent.totalBurnSats === 0n || parent.winner !== null) return 0n;
  const first = network.pox.firstBurnHeight;
  const missed = coinbaseMicroAt(network.emission, first, parent.burnHeight);
  return parent.accumulatedCoinbaseMicro + missed;
}
