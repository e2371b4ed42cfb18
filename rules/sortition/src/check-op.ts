/**
 * Does a parsed operation count on this fork? Key registrations must bring a new key; commits must
 * name a registered key and an earlier commit, carry the epoch marker, pay whom the cycle says,
 * and be made for this very block. The codes are for logs and RPC; consensus is only yes or no.
 * Called by `decide-burn-block.ts` for each operation in block order.
 * Source: SIP-001, SIP-007, SIP-021; stacks-core `burn/operations/leader_block_commit.rs` (facts).
 */
import { err, ok, type Result } from '@assay/bytes';
import { isPreparePhase, type NetworkParams, rulesAt } from '@assay/params';
import { BURN_ADDRESS, type BurnAddress, burnAddressEqual, isBurnAddress } from './burn-address.ts';
import type { BurnHistory } from './history.ts';
import { LIMITS } from './limits.ts';
import type { BlockCommitOp, KeyRegisterOp, MissedCommit, StxOp } from './op.ts';

export type OpRejectionCode =
  | 'sortition/key-already-registered'
  | 'sortition/duplicate-key-in-block'
  | 'sortition/no-burn'
  | 'sortition/wrong-block'
  | 'sortition/bad-outputs'
  | 'sortition/no-leader-key'
  | 'sortition/no-parent'
  | 'sortition/old-epoch-marker'
  | 'sortition/no-pre-stx'
  | 'sortition/bad-amount'
  | 'sortition/bad-cycles'
  | 'sortition/self-transfer';

export interface OpRejection {
  readonly code: OpRejectionCode;
  readonly message: string;
}

/** Whom the commits of one burn block must pay. */
export interface CommitRecipients {
  /** One or two payees of the reward set; missing ones are burn addresses. */
  readonly payees: readonly BurnAddress[];
  /** Whether a commit builds on the cycle's anchor block, and so must pay. */
  readonly descendsFromAnchor: (commit: BlockCommitOp) => boolean;
}

export type CommitVerdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'missed'; readonly missed: MissedCommit };

function reject(code: OpRejectionCode, message: string): { ok: false; error: OpRejection } {
  return err({ code, message });
}

/** @rejects sortition/key-already-registered @consensus */
export function checkKeyRegister(
  op: KeyRegisterOp,
  history: BurnHistory,
): Result<void, OpRejection> {
  if (history.hasVrfKey(op.vrfPublicKey)) {
    return reject('sortition/key-already-registered', 'this VRF key was registered before');
  }
  return ok(undefined);
}

/**
 * @param recipients null when no reward set is in force: every output must burn
 * @consensus
 */
export function checkBlockCommit(
  op: BlockCommitOp,
  history: BurnHistory,
  network: NetworkParams,
  recipients: CommitRecipients | null,
): Result<CommitVerdict, OpRejection> {
  if (op.burnFeeSats === 0n) return reject('sortition/no-burn', 'the commit burns nothing');
  const late = missDistance(op);
  if (late > LIMITS.missDistanceMax || op.burnHeight - late < network.pox.firstBurnHeight) {
    return reject('sortition/wrong-block', `the commit was made ${late} blocks earlier`);
  }
  const paid = checkOutputs(op, network, recipients);
  if (!paid.ok) return paid;
  if (late > 0) {
    const { txid, burnHeight, vtxindex, input } = op;
    const intendedHeight = burnHeight - late;
    const missed = { kind: 'missed-commit', txid, burnHeight, vtxindex, input, intendedHeight };
    return ok({ kind: 'missed', missed: missed as MissedCommit });
  }
  return checkReferences(op, history);
}

/** Blocks by which a commit is late: 0 in time, at most 4 (the marker is a number modulo 5). */
export function missDistance(op: BlockCommitOp): number {
  const modulus = LIMITS.burnParentModulus;
  const intended = (op.burnParentModulus + 1) % modulus;
  return (op.burnHeight + modulus - intended) % modulus;
}

function checkReferences(
  op: BlockCommitOp,
  history: BurnHistory,
): Result<CommitVerdict, OpRejection> {
  const key = history
    .opsAt(op.keyBlockHeight)
    ?.accepted.some((other) => other.kind === 'key-register' && other.vtxindex === op.keyVtxindex);
  if (!key) {
    const where = `${op.keyBlockHeight},${op.keyVtxindex}`;
    return reject('sortition/no-leader-key', `no key was registered at ${where}`);
  }
  const onGenesis = op.parentBlockHeight === 0 && op.parentVtxindex === 0;
  if (!onGenesis && findCommit(history, op.parentBlockHeight, op.parentVtxindex) === null) {
    const where = `${op.parentBlockHeight},${op.parentVtxindex}`;
    return reject('sortition/no-parent', `no commit at ${where} on this fork`);
  }
  const { commitMarkerMin } = rulesAt(op.burnHeight);
  if (op.epochMarker < commitMarkerMin) {
    const text = `epoch marker ${op.epochMarker}, at least ${commitMarkerMin} needed`;
    return reject('sortition/old-epoch-marker', text);
  }
  return ok({ kind: 'accepted' });
}

/** The accepted commit at a position of the fork. */
export function findCommit(
  history: BurnHistory,
  burnHeight: number,
  vtxindex: number,
): BlockCommitOp | null {
  for (const op of history.opsAt(burnHeight)?.accepted ?? []) {
    if (op.kind === 'block-commit' && op.vtxindex === vtxindex) return op;
  }
  return null;
}

/** The accepted key registration at a position of the fork. */
export function findKey(
  history: BurnHistory,
  burnHeight: number,
  vtxindex: number,
): KeyRegisterOp | null {
  for (const op of history.opsAt(burnHeight)?.accepted ?? []) {
    if (op.kind === 'key-register' && op.vtxindex === vtxindex) return op;
  }
  return null;
}

function checkOutputs(
  op: BlockCommitOp,
  network: NetworkParams,
  recipients: CommitRecipients | null,
): Result<void, OpRejection> {
  const burns = op.commitOutputs.every(isBurnAddress);
  if (recipients === null || recipients.payees.every(isBurnAddress)) {
    if (burns) return ok(undefined);
    return reject('sortition/bad-outputs', 'every output of the bid must burn');
  }
  if (isPreparePhase(network.pox, op.burnHeight)) {
    if (burns && op.commitOutputs.length === 1) return ok(undefined);
    return reject('sortition/bad-outputs', 'a commit of the prepare phase has one burn output');
  }
  // Paying nobody is allowed: either not a descendant of the anchor, or both payees are punished.
  if (burns) return ok(undefined);
  if (!paysRecipients(op, network, recipients)) {
    return reject('sortition/bad-outputs', 'the bid pays others than the drawn recipients');
  }
  if (!recipients.descendsFromAnchor(op)) {
    return reject('sortition/bad-outputs', 'the bid pays stackers but leaves their anchor block');
  }
  return ok(undefined);
}

/** Each output pays a recipient not yet paid, or burns (a punished recipient). */
function paysRecipients(
  op: BlockCommitOp,
  network: NetworkParams,
  recipients: CommitRecipients,
): boolean {
  const open = [...recipients.payees];
  while (open.length < network.pox.outputsPerCommit) open.push(BURN_ADDRESS);
  if (op.commitOutputs.length !== open.length) return false;
  return op.commitOutputs.every((output) => {
    const at = open.findIndex((payee) => burnAddressEqual(payee, output));
    if (at >= 0) open.splice(at, 1);
    return at >= 0 || isBurnAddress(output);
  });
}

/** Static rules of operations that act on the Stacks side. @consensus */
export function checkStxOp(op: StxOp): Result<void, OpRejection> {
  if (op.kind === 'vote-for-aggregate-key') return ok(undefined);
  if (op.amountMicro === 0n) return reject('sortition/bad-amount', 'the amount must be positive');
  if (op.kind === 'stack-stx' && (op.cycles < 1 || op.cycles > LIMITS.stackCyclesMax)) {
    return reject('sortition/bad-cycles', `${op.cycles} cycles, 1 to ${LIMITS.stackCyclesMax}`);
  }
  if (op.kind === 'transfer-stx' && burnAddressEqual(op.sender, op.recipient)) {
    return reject('sortition/self-transfer', 'sender and recipient are the same');
  }
  return ok(undefined);
}
