/**
 * SIP-021 "Signer behavior" and our own rule on settlements: what a signer signs, what it refuses, and
 * what it still knows after `kill -9`.
 */
import { bytesEqual, bytesFromUtf8, bytesToHex, concatBytes } from '@assay/bytes';
import { Cv, parsePrincipal } from '@assay/clarity-value';
import { hash160, publicKeyFromPrivate, sha256, signRecoverable } from '@assay/crypto';
import { hashClarityValue, signVerdict } from '@assay/jobs';
import { silentLogger } from '@assay/observe';
import { MemoryStore, type Store } from '@assay/store';
import {
  blockHash,
  blockResponseData,
  decodeBlock,
  decodeSignerMessage,
  EMPTY_HEADER,
  encodeSignerMessage,
  type NakamotoBlock,
  type SignerMessage,
  type StackerDbChunk,
  signChunk,
  signHeaderAsMiner,
  signOrigin,
  singleSigCondition,
  type TenureChangeCause,
  type Transaction,
  transactionId,
} from '@assay/wire';
import { SimNetwork } from '@assay/world/sim';
import { describe, expect, it } from 'vitest';
import { BlockSigner } from '../src/block-signer.ts';
import { contractsOf } from '../src/contracts.ts';
import { JudgeQueue } from '../src/judge-queue.ts';
import { Ledger } from '../src/ledger.ts';
import type { JudgePort, NodePort, SortitionView, TenureView } from '../src/ports.ts';
import { SlotWriter } from '../src/slot-writer.ts';

const CHAIN_ID = 0x80000000;
const BOOT = 'ST000000000000000000002AMW42H';
const contracts = contractsOf(BOOT);
const key = (name: string) => sha256(bytesFromUtf8(name));
const SIGNERS = ['one', 'two', 'three'].map((name) => key(`signer ${name}`));
const MINER = key('miner');
const TENURE = new Uint8Array(20).fill(7);

/** A node that remembers what it was asked and holds StackerDB slots. */
class FakeNode implements NodePort {
  readonly proposed: Uint8Array[] = [];
  readonly slots = new Map<string, StackerDbChunk>();
  canonical: Uint8Array | null = null;
  ongoing: TenureView | null = null;
  readonly orphaned = new Set<string>();
  readonly sortitions: SortitionView[] = [];
  readonly uploaded: NakamotoBlock[] = [];
  tip = 8;

  async signerSet() {
    return SIGNERS.map((privateKey) => ({
      publicKey: publicKeyFromPrivate(privateKey),
      weight: 1n,
    }));
  }
  async currentCycle() {
    return 4;
  }
  election: SortitionView = {
    consensusHash: TENURE,
    burnHeight: 120,
    minerPubkeyHash: hash160(publicKeyFromPrivate(MINER)),
    parentTenureStart: new Uint8Array(32).fill(6),
  };
  async lastElection() {
    return this.election;
  }
  async sortition(consensusHash: Uint8Array) {
    return this.sortitions.find((s) => bytesEqual(s.consensusHash, consensusHash)) ?? null;
  }
  async tipHeight() {
    return this.tip;
  }
  async uploadBlock(bytes: Uint8Array) {
    const block = decodeBlock(bytes);
    if (block.ok) this.uploaded.push(block.value);
    return block.ok;
  }
  async cycleAt() {
    return 4;
  }
  async isCanonicalSortition({ consensusHash }: { consensusHash: Uint8Array }) {
    return !this.orphaned.has(bytesToHex(consensusHash));
  }
  async ongoingTenure() {
    return this.ongoing;
  }
  async canonicalBlockHash() {
    return this.canonical;
  }
  async proposeBlock(block: Uint8Array) {
    this.proposed.push(block);
  }
  async chunk(contract: string, slot: number) {
    return this.slots.get(`${contract}/${slot}`) ?? null;
  }
  async writtenSlots(contract: string) {
    return [...this.slots.keys()]
      .filter((k) => k.startsWith(`${contract}/`))
      .map((k) => Number(k.split('/')[1]));
  }
  async putChunk(contract: string, chunk: StackerDbChunk) {
    const name = `${contract}/${chunk.slotId}`;
    const currentVersion = this.slots.get(name)?.slotVersion ?? 0;
    if (chunk.slotVersion <= currentVersion) return { accepted: false, currentVersion };
    this.slots.set(name, chunk);
    return { accepted: true, currentVersion: chunk.slotVersion };
  }
  async inferenceRequest() {
    return null;
  }
  async content(): Promise<Uint8Array | null> {
    return null;
  }
  async putContent() {
    return true;
  }

  /** The last message our signer (slot 0) said in a lane. */
  said(lane: number): SignerMessage | null {
    const chunk = this.slots.get(`${contracts.signers(4, lane)}/0`);
    const message = chunk === undefined ? null : decodeSignerMessage(chunk.data);
    return message?.ok ? message.value : null;
  }
}

function build(
  store: Store = new MemoryStore(),
  node = new FakeNode(),
  startMs = Date.UTC(2026, 0, 1),
) {
  const net = new SimNetwork({ seed: 1, startMs });
  const world = net.world('signer');
  const ledger = new Ledger(store);
  const slots = new SlotWriter(node, SIGNERS[0]!);
  const signer = new BlockSigner(
    { world, node, ledger, slots, contracts, log: silentLogger },
    {
      privateKey: SIGNERS[0]!,
      publicKey: publicKeyFromPrivate(SIGNERS[0]!),
      chainId: CHAIN_ID,
      serverVersion: 'test',
      proposalTimeoutMs: 120_000,
      lastBlockTimeoutMs: 10_000,
      budget: { fullIdleMs: 30_000, readCountIdleMs: 15_000, bufferMs: 2_000 },
    },
  );
  return { signer, node, ledger, store, net };
}

function proposalOf(
  transactions: readonly Transaction[],
  over: Partial<NakamotoBlock['header']> = {},
  miner = MINER,
) {
  const header = signHeaderAsMiner(
    {
      ...EMPTY_HEADER,
      consensusHash: TENURE,
      chainLength: 9,
      timestampSecs: 1_760_000_000,
      ...over,
    },
    miner,
  );
  const block: NakamotoBlock = { header, transactions };
  const data = encodeSignerMessage({
    kind: 'block-proposal',
    proposal: { block, burnHeight: 120, rewardCycle: 4, data: null },
  });
  return { hash: blockHash(header), chunk: signChunk({ slotId: 0, slotVersion: 1, data }, MINER) };
}

const valid = (hash: Uint8Array) => ({
  signerSignatureHash: hash,
  ok: true,
  reason: '',
  reasonCode: '',
  failedTxid: null,
  validationMs: 500,
});

/** Another signer's pre-commit. */
function preCommit(index: number, hash: Uint8Array): StackerDbChunk {
  const data = encodeSignerMessage({ kind: 'block-pre-commit', signerSignatureHash: hash });
  return signChunk({ slotId: index, slotVersion: 1, data }, SIGNERS[index]!);
}

async function signFully(
  signer: BlockSigner,
  proposal: { hash: Uint8Array; chunk: StackerDbChunk },
) {
  await signer.onMinerChunk(proposal.chunk);
  await signer.onValidation(valid(proposal.hash));
  await signer.onPreCommitChunk(preCommit(1, proposal.hash));
  await signer.onPreCommitChunk(preCommit(2, proposal.hash));
}

function response(node: FakeNode) {
  const message = node.said(1);
  return message?.kind === 'block-response' ? message.response : null;
}

const COMMITMENT = Cv.tuple({ 'output-hash': Cv.buffer(new Uint8Array(32).fill(3)) });

/** Closes request 1 with the verdicts of these signers. */
function settlement(functionName: 'settle' | 'reject', voices = [0, 1, 2]): Transaction {
  const contract = parsePrincipal(contracts.inference);
  if (!contract.ok || contract.value.contractName === null) throw new Error('bad contract');
  const { version, hash, contractName } = contract.value;
  const privateKey = key('host');
  const said = {
    commitmentHash: hashClarityValue(COMMITMENT),
    requestId: 1n,
    verdict: functionName === 'settle' ? 'valid' : 'invalid',
  } as const;
  const verdicts = voices.map((index) =>
    Cv.tuple({
      index: Cv.uint(index),
      signature: Cv.buffer(signVerdict(said, CHAIN_ID, SIGNERS[index]!)),
    }),
  );
  return signOrigin(
    {
      version: 0x80,
      chainId: CHAIN_ID,
      auth: {
        kind: 'standard',
        origin: singleSigCondition(publicKeyFromPrivate(privateKey), { nonce: 0n, feeMicro: 1n }),
      },
      anchorMode: 'any',
      postConditionMode: 'allow',
      postConditions: [],
      payload: {
        kind: 'contract-call',
        contract: { version, hash, contractName },
        functionName,
        args: [Cv.uint(1n), COMMITMENT, Cv.buffer(new Uint8Array(65)), Cv.list(verdicts)],
      },
    },
    { privateKey, compressed: true },
  );
}

function judge(ledger: Ledger, verdict: 'valid' | 'invalid') {
  ledger.recordVerdict({
    verdict,
    requestId: 1n,
    commitmentHash: hashClarityValue(COMMITMENT),
    signature: new Uint8Array(65),
    blind: null,
  });
}

describe('a block proposal', () => {
  it('is signed only after the node executed it and 70 % of weight pre-committed', async () => {
    const { signer, node } = build();
    const proposal = proposalOf([]);
    await signer.onMinerChunk(proposal.chunk);
    expect(node.proposed).toHaveLength(1);
    expect(node.said(3)).toBeNull();
    await signer.onValidation(valid(proposal.hash));
    expect(node.said(3)).toMatchObject({ kind: 'block-pre-commit' });
    await signer.onPreCommitChunk(preCommit(1, proposal.hash));
    expect(response(node)).toBeNull();
    await signer.onPreCommitChunk(preCommit(2, proposal.hash));
    expect(response(node)).toMatchObject({ kind: 'accepted' });
  });

  it('counts pre-commits that came before the proposal', async () => {
    const { signer, node } = build();
    const proposal = proposalOf([]);
    await signer.onPreCommitChunk(preCommit(1, proposal.hash));
    await signer.onPreCommitChunk(preCommit(2, proposal.hash));
    await signer.onMinerChunk(proposal.chunk);
    await signer.onValidation(valid(proposal.hash));
    expect(response(node)).toMatchObject({ kind: 'accepted' });
  });

  it('counts one signer once, however often it speaks', async () => {
    const { signer, node } = build();
    const proposal = proposalOf([]);
    await signer.onMinerChunk(proposal.chunk);
    await signer.onValidation(valid(proposal.hash));
    for (let i = 0; i < 5; i++) await signer.onPreCommitChunk(preCommit(1, proposal.hash));
    expect(response(node)).toBeNull();
  });

  it.each([
    ['of another tenure', { consensusHash: new Uint8Array(20).fill(8) }, MINER],
    ['signed by another miner', {}, key('other miner')],
    ['from the future', { timestampSecs: Date.UTC(2026, 0, 1) / 1_000 + 16 }, MINER],
  ] as const)('%s is refused without asking the node', async (_what, over, miner) => {
    const { signer, node } = build();
    await signer.onMinerChunk(proposalOf([], over, miner).chunk);
    expect(node.proposed).toHaveLength(0);
    expect(response(node)).toMatchObject({ kind: 'rejected' });
  });

  it('that the node finds invalid is refused, naming the transaction', async () => {
    const { signer, node } = build();
    const proposal = proposalOf([]);
    const failedTxid = new Uint8Array(32).fill(5);
    await signer.onMinerChunk(proposal.chunk);
    await signer.onValidation({
      ...valid(proposal.hash),
      ok: false,
      reasonCode: 'BadTransaction',
      failedTxid,
    });
    expect(response(node)).toMatchObject({ kind: 'rejected', data: { failedTxid } });
  });
});

describe('two blocks at one height', () => {
  it('the second is refused, also by a restarted signer', async () => {
    const store = new MemoryStore();
    const first = build(store);
    await signFully(first.signer, proposalOf([]));
    expect(response(first.node)).toMatchObject({ kind: 'accepted' });
    const rival = proposalOf([], { timestampSecs: 1_760_000_001 });
    const restarted = build(store);
    await signFully(restarted.signer, rival);
    expect(response(restarted.node)).toMatchObject({ kind: 'rejected' });
  });

  it('the second is signed when the first was abandoned long ago', async () => {
    const store = new MemoryStore();
    await signFully(build(store).signer, proposalOf([]));
    const later = build(store, new FakeNode(), Date.UTC(2026, 0, 1) + 60_000);
    await signFully(later.signer, proposalOf([], { timestampSecs: 1_760_000_001 }));
    expect(response(later.node)).toMatchObject({ kind: 'accepted' });
  });

  it('none is signed where another block is canonical', async () => {
    const node = new FakeNode();
    node.canonical = new Uint8Array(32).fill(1);
    const { signer } = build(new MemoryStore(), node);
    await signFully(signer, proposalOf([]));
    expect(response(node)).toMatchObject({ kind: 'rejected' });
  });
});

describe('a block of the tenure before the newest sortition', () => {
  const OLD_MINER = key('old miner');
  const OLD_TENURE = new Uint8Array(20).fill(3);
  const COMMITTED = new Uint8Array(32).fill(6);
  const BURN_VIEW = new Uint8Array(20).fill(9);

  /** The winner's commit was made for `COMMITTED`. */
  function ongoing(startBlockId: Uint8Array): TenureView {
    const minerPubkeyHash = hash160(publicKeyFromPrivate(OLD_MINER));
    const sortition = {
      consensusHash: OLD_TENURE,
      burnHeight: 119,
      minerPubkeyHash,
      parentTenureStart: new Uint8Array(32),
    };
    return { sortition, startBlockId, burnView: BURN_VIEW };
  }

  function extension(view: Uint8Array, cause: TenureChangeCause = 'extended'): Transaction {
    const publicKey = publicKeyFromPrivate(OLD_MINER);
    return signOrigin(
      {
        version: 0x80,
        chainId: CHAIN_ID,
        auth: {
          kind: 'standard',
          origin: singleSigCondition(publicKey, { nonce: 0n, feeMicro: 0n }),
        },
        anchorMode: 'on-chain-only',
        postConditionMode: 'allow',
        postConditions: [],
        payload: {
          kind: 'tenure-change',
          tenureConsensusHash: OLD_TENURE,
          prevTenureConsensusHash: OLD_TENURE,
          burnViewConsensusHash: view,
          previousTenureEnd: new Uint8Array(32),
          previousTenureBlocks: 3,
          cause,
          pubkeyHash: hash160(publicKey),
        },
      },
      { privateKey: OLD_MINER, compressed: true },
    );
  }

  const oldBlock = (
    transactions: readonly Transaction[] = [],
    miner = OLD_MINER,
    timestampSecs = 1_760_000_000,
  ) => proposalOf(transactions, { consensusHash: OLD_TENURE, timestampSecs }, miner);

  function buildOn(startBlockId: Uint8Array) {
    const built = build();
    built.node.ongoing = ongoing(startBlockId);
    return built;
  }

  it('is refused while the winner may still begin, signed when it has not begun in time', async () => {
    const { signer, node, net } = buildOn(COMMITTED);
    await signFully(signer, oldBlock());
    expect(response(node)).toMatchObject({
      kind: 'rejected',
      data: { rejectReason: { kind: 'not-latest-sortition-winner' } },
    });
    await net.run(120_000);
    await signFully(signer, oldBlock([extension(TENURE)], OLD_MINER, 1_760_000_001));
    expect(response(node)).toMatchObject({ kind: 'accepted' });
  });

  it('is signed at once when the winner committed to another parent', async () => {
    const { signer, node } = buildOn(new Uint8Array(32).fill(5));
    await signFully(signer, oldBlock([extension(TENURE)]));
    expect(response(node)).toMatchObject({ kind: 'accepted' });
  });

  it('is refused, however late, once a block of the winner was signed', async () => {
    const { signer, node, net } = buildOn(COMMITTED);
    await signFully(signer, proposalOf([]));
    expect(response(node)).toMatchObject({ kind: 'accepted' });
    await net.run(500_000);
    await signFully(signer, oldBlock([extension(TENURE)]));
    expect(response(node)).toMatchObject({ kind: 'rejected' });
  });

  it.each([
    ['made by somebody else', () => oldBlock([], MINER), 'pubkey-hash-mismatch'],
    ['extended on its own view', () => oldBlock([extension(BURN_VIEW)]), 'invalid-tenure-extend'],
    [
      'extended in one dimension',
      () => oldBlock([extension(TENURE, 'extended-runtime')]),
      'invalid-tenure-extend',
    ],
    [
      'of a third tenure',
      () => proposalOf([], { consensusHash: new Uint8Array(20).fill(1) }, OLD_MINER),
      'not-latest-sortition-winner',
    ],
  ])('%s is refused', async (_what, proposal, kind) => {
    const { signer, node } = buildOn(new Uint8Array(32).fill(5));
    await signFully(signer, proposal());
    expect(response(node)).toMatchObject({ kind: 'rejected', data: { rejectReason: { kind } } });
  });

  it('and one of the winner at the same height are not both signed', async () => {
    const { signer, node } = buildOn(new Uint8Array(32).fill(5));
    await signFully(signer, oldBlock());
    expect(response(node)).toMatchObject({ kind: 'accepted' });
    await signFully(signer, proposalOf([]));
    expect(response(node)).toMatchObject({ kind: 'rejected' });
  });

  it('gives way to one of the winner when Bitcoin took its sortition back', async () => {
    const { signer, node } = buildOn(new Uint8Array(32).fill(5));
    await signFully(signer, oldBlock());
    node.orphaned.add(bytesToHex(OLD_TENURE));
    await signFully(signer, proposalOf([]));
    expect(response(node)).toMatchObject({ kind: 'accepted' });
  });
});

describe('SIP-034: an extension for a fresh budget', () => {
  const START_MS = Date.UTC(2026, 0, 1);
  const BURN_VIEW = new Uint8Array(20).fill(9);
  const minerKey = publicKeyFromPrivate(MINER);

  function change(cause: TenureChangeCause, view = BURN_VIEW): Transaction {
    const condition = singleSigCondition(minerKey, { nonce: 0n, feeMicro: 0n });
    return signOrigin(
      {
        version: 0x80,
        chainId: CHAIN_ID,
        auth: { kind: 'standard', origin: condition },
        anchorMode: 'on-chain-only',
        postConditionMode: 'allow',
        postConditions: [],
        payload: {
          kind: 'tenure-change',
          tenureConsensusHash: TENURE,
          prevTenureConsensusHash: TENURE,
          burnViewConsensusHash: view,
          previousTenureEnd: new Uint8Array(32),
          previousTenureBlocks: 3,
          cause,
          pubkeyHash: hash160(minerKey),
        },
      },
      { privateKey: MINER, compressed: true },
    );
  }

  /** The tenure began at the start and its two blocks took half a second each. */
  async function spent() {
    const built = build();
    const { node, signer } = built;
    node.ongoing = {
      sortition: node.election,
      startBlockId: new Uint8Array(32),
      burnView: BURN_VIEW,
    };
    await signFully(signer, proposalOf([change('block-found')], { chainLength: 7 }));
    await signFully(signer, proposalOf([], { chainLength: 8 }));
    return built;
  }

  it.each([
    ['extended', 30_999, 'rejected'],
    ['extended', 31_000, 'accepted'],
    ['extended-read-count', 15_999, 'rejected'],
    ['extended-read-count', 16_000, 'accepted'],
    ['extended-runtime', 60_000, 'rejected'],
    ['extended-write-length', 60_000, 'rejected'],
  ] as const)('%s after %d ms is %s', async (cause, atMs, outcome) => {
    const { signer, node, net } = await spent();
    await net.run(atMs);
    await signFully(signer, proposalOf([change(cause)]));
    expect(response(node)).toMatchObject({ kind: outcome });
  });

  it('of reads alone brings no newer burn view', async () => {
    const { signer, node, net } = await spent();
    await net.run(60_000);
    const moved = new Uint8Array(20).fill(10);
    await signFully(signer, proposalOf([change('extended-read-count', moved)]));
    expect(response(node)).toMatchObject({ kind: 'rejected' });
  });

  it('starts the time anew: of reads for reads, of all for both', async () => {
    const { signer, node, net } = await spent();
    const times = () => {
      const { tenureExtendTimestampSecs, readCountExtendTimestampSecs } = response(node)!.data;
      return [tenureExtendTimestampSecs, readCountExtendTimestampSecs].map(
        (secs) => Number(secs) - START_MS / 1_000,
      );
    };
    // Idle time, one second of work, two seconds for clocks that differ.
    expect(times()).toEqual([33, 18]);
    await net.run(40_000);
    await signFully(signer, proposalOf([change('extended-read-count')]));
    expect(times()).toEqual([34, 58]);
    await signFully(signer, proposalOf([change('extended')], { chainLength: 10 }));
    expect(times()).toEqual([73, 58]);
  });

  it('is never accepted by a signer that knows nothing of the tenure', async () => {
    const { signer, node, net } = build();
    node.ongoing = (await spent()).node.ongoing;
    await net.run(500_000);
    await signFully(signer, proposalOf([change('extended')]));
    expect(response(node)).toMatchObject({
      kind: 'rejected',
      data: { tenureExtendTimestampSecs: 0xffff_ffff_ffff_ffffn },
    });
  });
});

describe('a block made before Bitcoin moved on', () => {
  const NEXT_TENURE = new Uint8Array(20).fill(11);
  const NOW_SECS = Date.UTC(2026, 0, 1) / 1_000;
  const NEXT: SortitionView = {
    consensusHash: NEXT_TENURE,
    burnHeight: 121,
    minerPubkeyHash: hash160(publicKeyFromPrivate(MINER)),
    parentTenureStart: new Uint8Array(32).fill(6),
  };

  /** The node's newest sortition is the next one; `TENURE` had won before and not begun, or was ongoing. */
  async function overtaken(where: 'ongoing' | 'not begun') {
    const built = build();
    const { node, signer, net } = built;
    const won = node.election;
    const tip: TenureView = {
      sortition: { ...won, consensusHash: new Uint8Array(20).fill(2), burnHeight: 119 },
      startBlockId: new Uint8Array(32).fill(6),
      burnView: new Uint8Array(20).fill(9),
    };
    node.sortitions.push(won);
    node.ongoing = where === 'ongoing' ? { ...tip, sortition: won } : tip;
    await net.run(1_000);
    node.election = NEXT;
    await signer.noticeElection();
    await net.run(2_000);
    return built;
  }

  it.each(['ongoing', 'not begun'] as const)(
    'and not long ago is signed, whether its tenure was %s',
    async (where) => {
      const { signer, node } = await overtaken(where);
      await signFully(signer, proposalOf([], { timestampSecs: NOW_SECS }));
      expect(response(node)).toMatchObject({ kind: 'accepted' });
    },
  );

  it.each([
    ['made after it', 'ongoing', NOW_SECS + 2],
    ['made after it', 'not begun', NOW_SECS + 2],
    ['made long before', 'ongoing', NOW_SECS - 8],
    ['made long before', 'not begun', NOW_SECS - 8],
  ] as const)('but %s is refused (%s)', async (_what, where, timestampSecs) => {
    const { signer, node } = await overtaken(where);
    await signFully(signer, proposalOf([], { timestampSecs }));
    expect(response(node)).toMatchObject({
      kind: 'rejected',
      data: { rejectReason: { kind: 'not-latest-sortition-winner' } },
    });
  });

  it('is the only one: a second is refused, the first may be asked for again', async () => {
    const { signer, node } = await overtaken('ongoing');
    const last = proposalOf([], { timestampSecs: NOW_SECS });
    await signer.onMinerChunk(last.chunk);
    const more = proposalOf([], { timestampSecs: NOW_SECS, chainLength: 10 });
    await signer.onMinerChunk(more.chunk);
    expect(response(node)).toMatchObject({ kind: 'rejected' });
    await signFully(signer, last);
    expect(response(node)).toMatchObject({ kind: 'accepted' });
  });

  it('is refused once a block of the next tenure was signed', async () => {
    const { signer, node } = await overtaken('ongoing');
    const next = { consensusHash: NEXT_TENURE, timestampSecs: NOW_SECS + 2, chainLength: 10 };
    await signFully(signer, proposalOf([], next));
    expect(response(node)).toMatchObject({ kind: 'accepted' });
    await signFully(signer, proposalOf([], { timestampSecs: NOW_SECS }));
    expect(response(node)).toMatchObject({ kind: 'rejected' });
  });

  it('of a sortition that Bitcoin took back is refused', async () => {
    const { signer, node } = await overtaken('not begun');
    node.sortitions.length = 0;
    await signFully(signer, proposalOf([], { timestampSecs: NOW_SECS }));
    expect(response(node)).toMatchObject({ kind: 'rejected' });
  });

  it('and refused too early is heard again when its miner asks again', async () => {
    const { signer, node, net } = await overtaken('ongoing');
    const early = proposalOf([], { timestampSecs: NOW_SECS + 2 });
    await signer.onMinerChunk(early.chunk);
    expect(response(node)).toMatchObject({ kind: 'rejected' });
    // The winner committed to another parent after all.
    node.election = { ...NEXT, parentTenureStart: new Uint8Array(32).fill(5) };
    await signer.onMinerChunk(early.chunk);
    expect(node.proposed).toHaveLength(0);
    await net.run(2_000);
    await signer.onMinerChunk({ ...early.chunk, slotVersion: 2 });
    expect(node.proposed).toHaveLength(1);
  });
});

describe('a block with all its signatures', () => {
  /** Another signer's signature, in its response lane. */
  function accepts(index: number, hash: Uint8Array): StackerDbChunk {
    const data = encodeSignerMessage({
      kind: 'block-response',
      response: {
        kind: 'accepted',
        signerSignatureHash: hash,
        signature: signRecoverable(hash, SIGNERS[index]!),
        serverVersion: 'test',
        data: blockResponseData({ kind: 'not-rejected' }),
      },
    });
    return signChunk({ slotId: index, slotVersion: 1, data }, SIGNERS[index]!);
  }

  async function signedByAll(slots: readonly number[]) {
    const built = build();
    const proposal = proposalOf([]);
    await signFully(built.signer, proposal);
    for (const index of slots) built.signer.onResponseChunk(accepts(index, proposal.hash));
    return { ...built, proposal };
  }

  it('is handed in when its miner does not, with the signatures in order', async () => {
    const { signer, node, net, proposal } = await signedByAll([2, 0, 1]);
    await signer.handIn();
    expect(node.uploaded).toHaveLength(0);
    await net.run(1_000);
    await signer.handIn();
    const { header } = node.uploaded[0]!;
    expect(blockHash(header)).toEqual(proposal.hash);
    const signatures = SIGNERS.map((privateKey) => signRecoverable(proposal.hash, privateKey));
    expect(header.signerSignatures).toEqual(signatures);
    node.tip = header.chainLength;
    await signer.handIn();
    await signer.handIn();
    expect(node.uploaded).toHaveLength(1);
    expect(signer.isBusy).toBe(false);
  });

  it.each([
    ['its miner handed it in', [0, 1, 2], 9],
    ['one signature of three is missing', [0, 2], 8],
    ['one signer signed three times', [1, 1, 1], 8],
  ])('is left alone when %s', async (_what, slots, tip) => {
    const { signer, node, net } = await signedByAll(slots);
    node.tip = tip;
    await net.run(1_000);
    await signer.handIn();
    expect(node.uploaded).toHaveLength(0);
  });

  it('is put together from the slots when the events were lost', async () => {
    const { signer, node, net, proposal } = await signedByAll([]);
    for (const index of [1, 2]) {
      node.slots.set(`${contracts.signers(4, 1)}/${index}`, accepts(index, proposal.hash));
    }
    await signer.resync();
    await net.run(1_000);
    await signer.handIn();
    expect(node.uploaded).toHaveLength(1);
  });
});

describe('a block with a settlement', () => {
  it.each([
    ['settle', 'invalid', 'rejected'],
    ['reject', 'valid', 'rejected'],
    ['settle', 'valid', 'accepted'],
    ['reject', 'invalid', 'accepted'],
  ] as const)('%s of an answer judged %s is %s', async (functionName, verdict, outcome) => {
    const { signer, node, ledger } = build();
    judge(ledger, verdict);
    const tx = settlement(functionName);
    await signFully(signer, proposalOf([tx]));
    const answer = response(node);
    expect(answer?.kind).toBe(outcome);
    if (answer?.kind === 'rejected') expect(answer.data.failedTxid).toEqual(transactionId(tx));
  });

  it.each([
    ['nobody', []],
    ['less than 70 % of weight', [0, 1]],
    ['one signer three times', [1, 1, 1]],
  ])('that %s vouches for pays nobody, so it may stand and cost its fee', async (_who, voices) => {
    const { signer, node, ledger } = build();
    judge(ledger, 'invalid');
    await signFully(signer, proposalOf([settlement('settle', voices)]));
    expect(response(node)).toMatchObject({ kind: 'accepted' });
  });

  it('funai-8.15 of an answer never judged is left to the certificate', async () => {
    const { signer, node } = build();
    await signFully(signer, proposalOf([settlement('settle')]));
    expect(response(node)).toMatchObject({ kind: 'accepted' });
  });
});

describe('the verdicts of a signer', () => {
  function buildQueue(node: FakeNode) {
    const ledger = new Ledger(new MemoryStore());
    judge(ledger, 'valid');
    const slots = new SlotWriter(node, SIGNERS[0]!);
    const world = new SimNetwork({ seed: 1 }).world('signer');
    const abstain = { verdict: 'abstain', reason: '', endMicro: null } as const;
    const port: JudgePort = {
      score: async () => abstain,
      judgeSession: async () => abstain,
      confirm: () => undefined,
    };
    const deps = { world, node, judge: port, ledger, slots, contracts, log: silentLogger };
    const keys = { privateKey: SIGNERS[0]!, publicKey: publicKeyFromPrivate(SIGNERS[0]!) };
    return new JudgeQueue(deps, keys, CHAIN_ID);
  }

  it('that a dead node did not take are said again when it is back', async () => {
    const node = new FakeNode();
    const queue = buildQueue(node);
    const { putChunk } = node;
    node.putChunk = async () => {
      throw new Error('no connection');
    };
    await expect(queue.resync()).rejects.toThrow('no connection');
    node.putChunk = putChunk;
    await queue.resync();
    expect(await node.chunk(contracts.verdicts(4), 0)).toMatchObject({ slotVersion: 1 });
    await queue.resync();
    expect(await node.chunk(contracts.verdicts(4), 0)).toMatchObject({ slotVersion: 1 });
  });

  it('are said in the slots of a new cycle as well', async () => {
    const node = new FakeNode();
    const queue = buildQueue(node);
    await queue.resync();
    node.currentCycle = async () => 5;
    await queue.resync();
    expect(await node.chunk(contracts.verdicts(5), 0)).toMatchObject({ slotVersion: 1 });
  });
});

describe('the slot of a signer', () => {
  it('is written above a version that a lost run left behind', async () => {
    const node = new FakeNode();
    const contract = contracts.verdicts(4);
    const old = signChunk({ slotId: 0, slotVersion: 41, data: new Uint8Array(1) }, SIGNERS[0]!);
    node.slots.set(`${contract}/0`, old);
    const writer = new SlotWriter(node, SIGNERS[0]!);
    node.chunk = async () => null; // the read is lost too: only the refusal tells
    expect(await writer.write(contract, 0, bytesFromUtf8('new'))).toBe(true);
    expect(node.slots.get(`${contract}/0`)?.slotVersion).toBe(42);
  });
});

describe('the ledger', () => {
  it('keeps verdicts in the order they were given, across restarts', () => {
    const store = new MemoryStore();
    const entry = (i: number) => ({
      verdict: 'valid' as const,
      requestId: BigInt(i),
      commitmentHash: concatBytes(new Uint8Array(31), Uint8Array.of(i)),
      signature: new Uint8Array(65).fill(i),
      blind: null,
    });
    for (let i = 0; i < 4; i++) new Ledger(store).recordVerdict(entry(i));
    const ids = new Ledger(store).recentVerdicts(3).map(({ requestId }) => requestId);
    expect(ids).toEqual([1n, 2n, 3n]);
    expect(new Ledger(store).verdict(entry(2).commitmentHash)).toEqual(entry(2));
    expect(bytesToHex(entry(2).commitmentHash)).toContain('02');
  });
});
