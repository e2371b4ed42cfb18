/**
 * The path of a proposal through one signer: own rules -> node executes it -> own verdicts ->
 * pre-commit -> 70 % of weight pre-committed -> signature -> 70 % signed -> on the chain, handed in by
 * us if need be. Nothing here waits for a model.
 *
 * Every step is repeatable: events may come twice, out of order, or be fetched again after a loss.
 * Source: stacks-core docs/signer-flows.md (facts); SIP-021.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import { signRecoverable } from '@assay/crypto';
import type { Logger } from '@assay/observe';
import {
  type BlockProposal,
  blockHash,
  blockResponseData,
  createBlockRejection,
  decodeSignerMessage,
  encodeBlock,
  encodeSignerMessage,
  MINER_SLOT,
  type NakamotoBlockHeader,
  type RejectReason,
  recoverChunkKey,
  SIGNER_LANE,
  type SignerMessage,
  type StackerDbChunk,
  VALIDATE_REJECT_CODES,
} from '@assay/wire';
import type { World } from '@assay/world';
import { type BudgetTimeouts, renewalTimes } from './budget-times.ts';
import {
  checkProposal,
  type Refusal,
  tenureChangeOf,
  tenureExtensionOf,
} from './check-proposal.ts';
import type { Contracts } from './contracts.ts';
import { HandIn } from './hand-in.ts';
import type { Ledger, SignedBlock } from './ledger.ts';
import { LIMITS } from './limits.ts';
import type { NodePort, SignerSlot, SortitionView, TenureView } from './ports.ts';
import { checkSettlements } from './settlements.ts';
import type { SlotWriter } from './slot-writer.ts';

export interface BlockSignerDeps {
  readonly world: World;
  readonly node: NodePort;
  readonly ledger: Ledger;
  readonly slots: SlotWriter;
  readonly contracts: Contracts;
  readonly log: Logger;
}

export interface BlockSignerOptions {
  /** 32 bytes. Secret. */
  readonly privateKey: Uint8Array;
  /** Compressed, 33 bytes. */
  readonly publicKey: Uint8Array;
  readonly chainId: number;
  readonly serverVersion: string;
  /** How long a sortition's winner may take until its first block. */
  readonly proposalTimeoutMs: number;
  /**
   * `tenure_last_block_proposal_timeout`: how long the last block made before an election may still be
   * signed, and how long a block we signed that is not on the chain keeps others from its height. The
   * chain could otherwise stop when a miner lost the signatures of its own block.
   */
  readonly lastBlockTimeoutMs: number;
  readonly budget: BudgetTimeouts;
}

/** What the node answers about a block. */
export interface Validation {
  readonly signerSignatureHash: Uint8Array;
  readonly ok: boolean;
  readonly reason: string;
  readonly reasonCode: string;
  readonly failedTxid: Uint8Array | null;
  /** What executing the block took. */
  readonly validationMs: number;
}

type Stage = 'validating' | 'pre-committed' | 'signed' | 'refused';

/** Refusals for a block's place or time: they may pass, so a miner that asks again is heard again. */
const PASSING: readonly RejectReason['kind'][] = [
  'no-sortition-view',
  'not-latest-sortition-winner',
  'reorg-not-allowed',
];

interface Pending {
  readonly proposal: BlockProposal;
  readonly hash: Uint8Array;
  /** Of the sortition that elected the miner. */
  readonly burnHeight: number;
  readonly cycle: number;
  readonly set: readonly SignerSlot[];
  readonly earlierSet: readonly SignerSlot[] | null;
  readonly slot: number;
  readonly seenMs: number;
  /** Of the miner's slot: a higher one means that it asks again. */
  version: number;
  /** When we last spoke of it, to the node or in our slot. */
  spokeMs: number;
  /** Slots that pre-committed. */
  readonly preCommits: Set<number>;
  stage: Stage;
  validationMs: number;
  /** Refused for a reason that may pass. */
  isRefusedForNow: boolean;
  /** Our last message about it, to repeat when the miner asks again. */
  answer: SignerMessage | null;
}

/** A function of its own, so that the type checker does not remember the answer across an `await`. */
function isPreCommitted({ stage }: Pending): boolean {
  return stage === 'pre-committed';
}

export class BlockSigner {
  readonly #deps: BlockSignerDeps;
  readonly #options: BlockSignerOptions;
  readonly #pending = new Map<string, Pending>();
  /** Hashes of proposals whose facts are being fetched. */
  readonly #considering = new Set<string>();
  /** Pre-commits that arrived before their proposal: block hash -> public keys. */
  readonly #early = new Map<string, Set<string>>();
  /** When we learned of the newest sortition; a restart counts anew. */
  #electionSeen = { hash: '', ms: 0 };
  /** The block made before an election that was let in after it: one for each election. */
  #late = { election: '', block: '' };
  readonly #handIn: HandIn;

  constructor(deps: BlockSignerDeps, options: BlockSignerOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#handIn = new HandIn(deps);
  }

  /** True while some proposal is neither signed nor refused, or signed and not on the chain. */
  get isBusy(): boolean {
    if (this.#handIn.isWaiting) return true;
    return [...this.#pending.values()].some(({ stage }) => stage === 'validating');
  }

  /** A chunk of `.miners`: anything but a proposal is ignored. */
  async onMinerChunk(chunk: StackerDbChunk): Promise<void> {
    if (chunk.slotId % 2 !== MINER_SLOT.blockProposal) return;
    const message = decodeSignerMessage(chunk.data);
    if (!message.ok || message.value.kind !== 'block-proposal') return;
    await this.#consider(message.value.proposal, chunk.slotVersion);
  }

  /** Asks for the newest sortition with a winner; the time of a new one begins to run. */
  async noticeElection(): Promise<SortitionView | null> {
    const election = await this.#deps.node.lastElection();
    const hash = election === null ? '' : bytesToHex(election.consensusHash);
    if (this.#electionSeen.hash !== hash) {
      this.#electionSeen = { hash, ms: this.#deps.world.clock.nowMs() };
    }
    return election;
  }

  /** The same proposal comes as an event and is fetched as well; it is looked at once at a time. */
  async #consider(proposal: BlockProposal, version: number): Promise<void> {
    const key = bytesToHex(blockHash(proposal.block.header));
    const known = this.#pending.get(key);
    const isHeardAgain = known?.isRefusedForNow === true && version > known.version;
    if (known !== undefined && !isHeardAgain) return this.#repeat(known, version);
    if (this.#considering.has(key)) return;
    this.#considering.add(key);
    try {
      await this.#open(proposal, version);
    } finally {
      this.#considering.delete(key);
    }
  }

  /** All facts first: a proposal is remembered only when it has been checked. */
  async #open(proposal: BlockProposal, version: number): Promise<void> {
    const { node, ledger, world, log } = this.#deps;
    const { header } = proposal.block;
    const hash = blockHash(header);
    const [election, canonical] = await Promise.all([
      this.noticeElection(),
      node.canonicalBlockHash(header.chainLength),
    ]);
    const isOfElection =
      election !== null && bytesEqual(header.consensusHash, election.consensusHash);
    const isPlain = isOfElection && tenureExtensionOf(proposal.block) === null;
    const ongoing = isPlain ? null : await node.ongoingTenure();
    const earlier = isOfElection ? null : await this.#earlierSortition(header, ongoing);
    const { burnHeight } = (isOfElection ? election : earlier) ?? proposal;
    const cycle = await node.cycleAt(burnHeight);
    const set = await node.signerSet(cycle);
    const slot = set?.findIndex((s) => bytesEqual(s.publicKey, this.#options.publicKey)) ?? -1;
    if (set === null || slot < 0) return;
    const earlierSet = cycle > 0 ? await node.signerSet(cycle - 1) : null;
    const orphaned = await this.#orphanedAt(header.chainLength);
    const nowMs = world.clock.nowMs();
    const pending: Pending = {
      proposal,
      hash,
      burnHeight,
      cycle,
      set,
      earlierSet,
      slot,
      seenMs: nowMs,
      version,
      spokeMs: nowMs,
      preCommits: new Set(this.#pending.get(bytesToHex(hash))?.preCommits),
      stage: 'validating',
      validationMs: 0,
      isRefusedForNow: false,
      answer: null,
    };
    this.#remember(pending);
    const seen = this.#electionSeen;
    const name = bytesToHex(hash);
    const refusal = checkProposal(proposal, {
      nowMs,
      election,
      earlier,
      ongoing,
      electionSeenMs: seen.ms,
      hasSignedElection: election !== null && ledger.hasSignedIn(election.consensusHash),
      hasTakenLate: this.#late.election === seen.hash && this.#late.block !== name,
      proposalTimeoutMs: this.#options.proposalTimeoutMs,
      lastBlockTimeoutMs: this.#options.lastBlockTimeoutMs,
      renewal: renewalTimes(ledger.spendingIn(header.consensusHash), this.#options.budget),
      rival: this.#rivalOf(pending, orphaned),
      canonical,
    });
    if (refusal !== null) return this.#refuse(pending, refusal, null);
    if (!isOfElection) this.#late = { election: seen.hash, block: name };
    log.debug('proposal looks right; the node executes it', { block: hash });
    await node.proposeBlock(encodeBlock(proposal.block));
  }

  /** The sortition of a block that is not of the newest tenure. */
  async #earlierSortition(
    { consensusHash }: NakamotoBlockHeader,
    ongoing: TenureView | null,
  ): Promise<SortitionView | null> {
    if (ongoing !== null && bytesEqual(consensusHash, ongoing.sortition.consensusHash)) {
      return ongoing.sortition;
    }
    return this.#deps.node.sortition(consensusHash);
  }

  /**
   * A proposal we know: when the miner asks again, say what we said; when the node has not answered
   * for a while, ask it again. Never more often than that: with bad wires, repetition is what
   * would choke them.
   */
  async #repeat(pending: Pending, version: number): Promise<void> {
    const nowMs = this.#deps.world.clock.nowMs();
    const isAskedAgain = version > pending.version;
    if (nowMs - pending.spokeMs < LIMITS.repeatMs) return;
    if (pending.answer !== null) {
      if (!isAskedAgain) return;
      pending.version = version;
      await this.#say(pending, pending.answer);
    } else if (pending.stage === 'validating') {
      pending.spokeMs = nowMs;
      await this.#deps.node.proposeBlock(encodeBlock(pending.proposal.block));
    }
  }

  #remember(pending: Pending): void {
    const nowMs = this.#deps.world.clock.nowMs();
    for (const [key, old] of this.#pending) {
      const isOld = nowMs - old.seenMs > LIMITS.proposalMsMax;
      if (isOld || this.#pending.size >= LIMITS.proposalsMax) this.#pending.delete(key);
    }
    const key = bytesToHex(pending.hash);
    this.#pending.set(key, pending);
    for (const publicKey of this.#early.get(key) ?? []) {
      const slot = pending.set.findIndex((s) => bytesToHex(s.publicKey) === publicKey);
      if (slot >= 0) pending.preCommits.add(slot);
    }
    this.#early.delete(key);
  }

  async onValidation(validation: Validation): Promise<void> {
    const pending = this.#pending.get(bytesToHex(validation.signerSignatureHash));
    if (pending === undefined || pending.stage !== 'validating') return;
    if (!validation.ok) {
      const code = VALIDATE_REJECT_CODES.find((known) => known === validation.reasonCode);
      const reason: RejectReason = { kind: 'validation-failed', code: code ?? 'InvalidBlock' };
      return this.#refuse(
        pending,
        { code: reason, reason: validation.reason },
        validation.failedTxid,
      );
    }
    const { ledger, contracts } = this.#deps;
    const { set, earlierSet } = pending;
    const { chainId } = this.#options;
    const facts = { contracts, ledger, set, earlierSet, chainId };
    const bad = checkSettlements(pending.proposal.block, facts);
    if (bad !== null) return this.#refuse(pending, bad, bad.txid);
    pending.stage = 'pre-committed';
    pending.validationMs = validation.validationMs;
    pending.preCommits.add(pending.slot);
    this.#handIn.watch(pending.hash, pending.proposal.block, pending.cycle, set);
    await this.#say(pending, { kind: 'block-pre-commit', signerSignatureHash: pending.hash });
    await this.#signWhenReady(pending);
  }

  /** A chunk of another signer's pre-commit lane. */
  async onPreCommitChunk(chunk: StackerDbChunk): Promise<void> {
    const message = decodeSignerMessage(chunk.data);
    if (!message.ok || message.value.kind !== 'block-pre-commit') return;
    const publicKey = recoverChunkKey(chunk);
    if (publicKey === null) return;
    const key = bytesToHex(message.value.signerSignatureHash);
    const pending = this.#pending.get(key);
    if (pending === undefined) {
      if (this.#early.size >= LIMITS.proposalsMax) {
        const [oldest] = this.#early.keys();
        if (oldest !== undefined) this.#early.delete(oldest);
      }
      const early = this.#early.get(key) ?? new Set();
      this.#early.set(key, early.add(bytesToHex(publicKey)));
      return;
    }
    const slot = pending.set.findIndex((s) => bytesEqual(s.publicKey, publicKey));
    if (slot < 0) return;
    pending.preCommits.add(slot);
    await this.#signWhenReady(pending);
  }

  async #signWhenReady(pending: Pending): Promise<void> {
    if (!isPreCommitted(pending)) return;
    const total = pending.set.reduce((sum, s) => sum + s.weight, 0n);
    let weight = 0n;
    for (const slot of pending.preCommits) weight += pending.set[slot]!.weight;
    if (weight * 10n < total * 7n) return;
    const { ledger, world, log } = this.#deps;
    const { block } = pending.proposal;
    const { header } = block;
    const orphaned = await this.#orphanedAt(header.chainLength);
    // Between pre-commit and now another block may have been signed at this height. No `await` from here on.
    if (this.#rivalOf(pending, orphaned) !== null || !isPreCommitted(pending)) return;
    pending.stage = 'signed';
    ledger.recordSigned(
      header.chainLength,
      {
        blockHash: pending.hash,
        signedAtMs: world.clock.nowMs(),
        burnHeight: pending.burnHeight,
        consensusHash: header.consensusHash,
      },
      {
        proposedMs: pending.seenMs,
        validationMs: pending.validationMs,
        cause: tenureChangeOf(block)?.cause ?? null,
      },
    );
    const answer: SignerMessage = {
      kind: 'block-response',
      response: {
        kind: 'accepted',
        signerSignatureHash: pending.hash,
        signature: signRecoverable(pending.hash, this.#options.privateKey),
        serverVersion: this.#options.serverVersion,
        data: blockResponseData({ kind: 'not-rejected' }, this.#renewalOf(header)),
      },
    };
    await this.#say(pending, answer);
    log.info('block signed', { block: pending.hash, height: header.chainLength });
  }

  /** Blocks signed at a height whose sortitions Bitcoin has taken back, hex: these cannot stand. */
  async #orphanedAt(chainLength: number): Promise<ReadonlySet<string>> {
    const { ledger, node } = this.#deps;
    const orphaned = new Set<string>();
    for (const signed of ledger.signedAt(chainLength)) {
      if (!this.#isFresh(signed) || (await node.isCanonicalSortition(signed))) continue;
      orphaned.add(bytesToHex(signed.blockHash));
    }
    return orphaned;
  }

  /** Another block that we signed at this height and that may still become the chain. */
  #rivalOf({ hash, proposal }: Pending, orphaned: ReadonlySet<string>): SignedBlock | null {
    const rivals = this.#deps.ledger.signedAt(proposal.block.header.chainLength);
    const mayStand = (signed: SignedBlock) =>
      !bytesEqual(signed.blockHash, hash) &&
      this.#isFresh(signed) &&
      !orphaned.has(bytesToHex(signed.blockHash));
    return rivals.find(mayStand) ?? null;
  }

  #isFresh({ signedAtMs }: SignedBlock): boolean {
    return this.#deps.world.clock.nowMs() - signedAtMs < this.#options.lastBlockTimeoutMs;
  }

  /** What a miner is told about fresh budgets; undefined: not to be had. */
  #renewalOf({ consensusHash }: NakamotoBlockHeader) {
    const { budget } = this.#options;
    const times = renewalTimes(this.#deps.ledger.spendingIn(consensusHash), budget);
    if (times === null) return undefined;
    const secs = (ms: number) => BigInt(Math.ceil((ms + budget.bufferMs) / 1_000));
    return { fullSecs: secs(times.fullFromMs), readCountSecs: secs(times.readCountFromMs) };
  }

  async #refuse(pending: Pending, refusal: Refusal, failedTxid: Uint8Array | null): Promise<void> {
    const { block } = pending.proposal;
    pending.stage = 'refused';
    pending.isRefusedForNow = PASSING.includes(refusal.code.kind);
    this.#deps.log.warn('block refused', {
      block: pending.hash,
      height: block.header.chainLength,
      reason: refusal.reason,
    });
    const response = createBlockRejection(
      {
        signerSignatureHash: pending.hash,
        reason: refusal.reason,
        chainId: this.#options.chainId,
        serverVersion: this.#options.serverVersion,
        data: {
          ...blockResponseData(refusal.code, this.#renewalOf(block.header), failedTxid),
          rejectReason: refusal.code,
        },
      },
      this.#options.privateKey,
    );
    await this.#say(pending, { kind: 'block-response', response });
  }

  async #say(pending: Pending, message: SignerMessage): Promise<void> {
    pending.answer = message;
    pending.spokeMs = this.#deps.world.clock.nowMs();
    const lane = message.kind === 'block-response' ? 'blockResponse' : 'blockPreCommit';
    const contract = this.#deps.contracts.signers(pending.cycle, SIGNER_LANE[lane]);
    const isWritten = await this.#deps.slots.write(
      contract,
      pending.slot,
      encodeSignerMessage(message),
    );
    if (!isWritten) this.#deps.log.warn('our slot could not be written', { contract });
  }

  /** A chunk of a signer's response lane. */
  onResponseChunk(chunk: StackerDbChunk): void {
    this.#handIn.onResponseChunk(chunk);
  }

  /** Hands in whole blocks whose miner does not. @throws when the node does not answer */
  handIn(): Promise<void> {
    return this.#handIn.look();
  }

  /** Fetches what events may have lost, while proposals are open (and once after a start). */
  async resync(): Promise<void> {
    const { node, contracts } = this.#deps;
    await this.noticeElection();
    for (const slot of await node.writtenSlots(contracts.miners)) {
      const chunk = await node.chunk(contracts.miners, slot);
      if (chunk !== null) await this.onMinerChunk(chunk);
    }
    for (const lane of this.#openLanes()) {
      for (const slot of await node.writtenSlots(lane)) {
        const chunk = await node.chunk(lane, slot);
        if (chunk !== null) await this.onPreCommitChunk(chunk);
      }
    }
    for (const cycle of this.#handIn.cycles) {
      const lane = contracts.signers(cycle, SIGNER_LANE.blockResponse);
      for (const slot of await node.writtenSlots(lane)) {
        const chunk = await node.chunk(lane, slot);
        if (chunk !== null) this.onResponseChunk(chunk);
      }
    }
  }

  /** Where pre-commits to open proposals are; their tenures may be of two reward cycles. */
  #openLanes(): Set<string> {
    const open = [...this.#pending.values()].filter(({ stage }) => stage === 'pre-committed');
    const lane = SIGNER_LANE.blockPreCommit;
    return new Set(open.map(({ cycle }) => this.#deps.contracts.signers(cycle, lane)));
  }
}
