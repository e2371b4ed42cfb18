/**
 * Everything that must be true of a block before it is executed: who mined it (the winner of its
 * sortition), who signed it, and whether its tenure change continues the parent's tenure on a burn
 * view that descends from the parent's. Pure over the snapshots it is given.
 * Two steps, since a block may arrive before its parent: `verifyAlone`, then `verifyOnParent`.
 * Source: SIP-021; reference/stacks.md 2.2, 2.4; stacks-core `nakamoto/{mod,tenure}.rs` (facts).
 */
import { bytesEqual, bytesToHex, ok, type Result } from '@assay/bytes';
import type { SignerSet, StoredHeader } from '@assay/chainstate';
import { hash160, vrfSeedFromProof, vrfVerify } from '@assay/crypto';
import { rulesAt } from '@assay/params';
import type { Snapshot, SnapshotDb, SortitionWinner } from '@assay/sortition';
import { type NakamotoBlock, recoverMinerKey, transactionId, transactionsRoot } from '@assay/wire';
import { type BlockRefusal, refuse } from './rejection.ts';
import { checkSignerSignatures } from './signer-signatures.ts';
import { type TenureForm, tenureForm } from './tenure-form.ts';

/** A block whose miner, form and (unless it is a proposal) signatures are right. */
export interface VerifiedBlock {
  readonly block: NakamotoBlock;
  readonly form: TenureForm;
  /** The sortition that its miner won. */
  readonly tenure: Snapshot;
  readonly winner: SortitionWinner;
}

/** The seed of a commit on genesis is that of a proof of eighty zero bytes. */
const GENESIS_PROOF = new Uint8Array(80);

/**
 * @param signers null for a proposal: signatures are not looked at
 * @consensus
 */
export function verifyAlone(
  block: NakamotoBlock,
  snapshots: SnapshotDb,
  signers: ((tenure: Snapshot) => SignerSet | null) | null,
): Result<VerifiedBlock, BlockRefusal> {
  const { header } = block;
  const tenure = snapshots.isInitialized ? snapshots.byConsensusHash(header.consensusHash) : null;
  if (tenure === null) {
    const text = 'the sortition that the block names is not known';
    return refuse('coordinator/unknown-sortition', text, 'NoSuchTenure');
  }
  const { winner } = tenure;
  if (winner === null || winner.minerPubkeyHash === null) {
    const text = 'nobody won the sortition that the block names';
    return refuse('coordinator/no-winner', text, 'NoSuchTenure');
  }
  if (header.version !== rulesAt(tenure.burnHeight).blockHeaderVersion) {
    return refuse('coordinator/bad-header-version', `header version ${header.version}`);
  }
  const minerKey = recoverMinerKey(header);
  if (minerKey === null || !bytesEqual(hash160(minerKey), winner.minerPubkeyHash)) {
    const text = 'the block is not signed by the miner who won its sortition';
    return refuse('coordinator/bad-miner-signature', text);
  }
  const form = checkForm(block, tenure, winner);
  if (!form.ok) return form;
  if (signers !== null) {
    const set = signers(tenure);
    if (set === null) {
      return refuse('coordinator/no-signer-set', 'the signers of its reward cycle are not known');
    }
    const signed = checkSignerSignatures(header, set, tenure.burnHeight);
    if (!signed.ok) return signed;
  }
  return ok({ block, form: form.value, tenure, winner });
}

/**
 * Is this the list of transactions that the header commits to? Whoever relays a block can replace the
 * list without changing the block's id, and a Merkle tree that doubles its odd row gives `[a]` and
 * `[a, a]` one root; so a wrong list is refused without a word about the block.
 *
 * @rejects coordinator/not-its-body
 */
export function checkBody({ header, transactions }: NakamotoBlock): Result<void, BlockRefusal> {
  const ids = new Set(transactions.map((tx) => bytesToHex(transactionId(tx))));
  const isWhole =
    ids.size === transactions.length &&
    bytesEqual(transactionsRoot(transactions), header.txMerkleRoot);
  if (isWhole) return ok(undefined);
  return refuse('coordinator/not-its-body', 'these are not the transactions of the header');
}

function checkForm(
  block: NakamotoBlock,
  tenure: Snapshot,
  winner: SortitionWinner,
): Result<TenureForm, BlockRefusal> {
  const form = tenureForm(block);
  if (!form.ok || form.value.kind === 'none') return form;
  const { change } = form.value;
  if (!bytesEqual(change.pubkeyHash, winner.minerPubkeyHash!)) {
    return refuse('coordinator/bad-tenure-change', 'the tenure change names another miner key');
  }
  const { extendOneDimensionAllowed } = rulesAt(tenure.burnHeight);
  const isPlain = change.cause === 'block-found' || change.cause === 'extended';
  if (!isPlain && !extendOneDimensionAllowed) {
    return refuse('coordinator/bad-tenure-change', `cause ${change.cause} is not allowed yet`);
  }
  if (form.value.kind === 'start') {
    const { vrfProof } = form.value.coinbase;
    if (!vrfVerify(winner.vrfPublicKey, vrfProof, tenure.sortitionHash)) {
      const text = "the winner's VRF key did not make the proof over this sortition";
      return refuse('coordinator/bad-vrf-proof', text);
    }
  }
  return form;
}

/**
 * The burn view that the block executes in.
 *
 * @consensus
 */
export function verifyOnParent(
  verified: VerifiedBlock,
  parent: StoredHeader,
  snapshots: SnapshotDb,
): Result<Snapshot, BlockRefusal> {
  const { block, form } = verified;
  const { header } = block;
  if (header.chainLength !== parent.height + 1) {
    const text = `chain length ${header.chainLength} on a parent of ${parent.height}`;
    return refuse('coordinator/bad-chain-length', text);
  }
  // Differs: stacks-core's signers want it above the parent's, which allows one block a second.
  // docs/differences-from-stacks.md says why equal times do no harm.
  if (header.timestampSecs < parent.header.timestampSecs) {
    const text = "the timestamp is below the parent's";
    return refuse('coordinator/bad-timestamp', text, 'InvalidTimestamp');
  }
  const view = burnViewOf(verified, parent, snapshots);
  if (!view.ok) return view;
  const expected = form.kind === 'none' ? parent.header.burnSpent : view.value.totalBurnSats;
  if (header.burnSpent !== expected) {
    const text = `burn spent ${header.burnSpent}, ${expected} expected`;
    return refuse('coordinator/bad-burn-spent', text);
  }
  if (form.kind === 'start') {
    const continued = checkStartOnParent(verified, parent, snapshots);
    return continued.ok ? view : continued;
  }
  if (!bytesEqual(header.consensusHash, parent.header.consensusHash)) {
    const text = 'the block is of another tenure than its parent and starts none';
    return refuse('coordinator/not-in-tenure', text);
  }
  return view;
}

function burnViewOf(
  { form, tenure }: VerifiedBlock,
  parent: StoredHeader,
  snapshots: SnapshotDb,
): Result<Snapshot, BlockRefusal> {
  const bad = (text: string) => refuse('coordinator/bad-burn-view', text);
  const parentView = snapshots.byConsensusHash(parent.burnView.consensusHash);
  if (parentView === null) return bad('the burn view of the parent is not known');
  if (form.kind === 'none') return ok(parentView);
  const { change } = form;
  const view = snapshots.byConsensusHash(change.burnViewConsensusHash);
  if (view === null) {
    const text = 'the burn view of the tenure change is not known';
    return refuse('coordinator/unknown-sortition', text, 'NoSuchTenure');
  }
  if (!snapshots.isAncestor(parentView, view)) {
    return bad("the burn view does not descend from the parent's");
  }
  if (!snapshots.isAncestor(tenure, view)) {
    return bad('the burn view does not descend from the sortition of the tenure');
  }
  if (change.previousTenureBlocks !== parent.tenureBlocks) {
    const text = `previous tenure of ${change.previousTenureBlocks} blocks, had ${parent.tenureBlocks}`;
    return refuse('coordinator/bad-tenure-change', text);
  }
  return ok(view);
}

/** A new tenure continues the one that its winning commit was made for. */
function checkStartOnParent(
  { block, tenure, winner, form }: VerifiedBlock,
  parent: StoredHeader,
  snapshots: SnapshotDb,
): Result<void, BlockRefusal> {
  if (form.kind !== 'start') return ok(undefined);
  const { prevTenureConsensusHash } = form.change;
  if (
    !bytesEqual(prevTenureConsensusHash, parent.header.consensusHash) ||
    bytesEqual(prevTenureConsensusHash, block.header.consensusHash)
  ) {
    const text = 'the tenure change does not continue the tenure of the parent';
    return refuse('coordinator/bad-tenure-change', text);
  }
  const previous = snapshots.byConsensusHash(parent.header.consensusHash);
  if (previous === null || !snapshots.isAncestor(previous, tenure)) {
    const text = "the parent's sortition is not in the past of this one";
    return refuse('coordinator/bad-tenure-change', text);
  }
  if (!commitsTo(winner, parent, previous)) {
    const text = 'the winning commit was made for another parent tenure';
    return refuse('coordinator/wrong-parent-tenure', text, 'InvalidParentBlock');
  }
  const proof = parent.vrfProof ?? GENESIS_PROOF;
  if (!bytesEqual(winner.vrfSeed, vrfSeedFromProof(proof))) {
    const text = "the commit's seed is not the hash of the parent tenure's VRF proof";
    return refuse('coordinator/bad-vrf-seed', text);
  }
  return ok(undefined);
}

function commitsTo(winner: SortitionWinner, parent: StoredHeader, previous: Snapshot): boolean {
  const isGenesis = previous.winner === null;
  return (
    bytesEqual(winner.parentTenureId, parent.tenureStartBlockId) &&
    winner.parentBlockHeight === (isGenesis ? 0 : previous.burnHeight) &&
    winner.parentVtxindex === (isGenesis ? 0 : previous.winner!.vtxindex)
  );
}
