/**
 * Token transfers applied per second by a follower: blocks come as bytes, every signature is checked,
 * state goes through the MARF into LMDB (with fsync), roots are compared. At 1,000 and at 100,000
 * accounts under the same load: in each block 1,000 accounts, others each time, pay one another
 * twice. A third row shows the heaviest load a block of this size can be, no account in it twice.
 * The limit beside it is what native secp256k1 recovers per second on this machine: no node that
 * checks signatures one by one on one thread can be faster.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BlockContext, Chainstate, type Genesis } from '@assay/chainstate';
import { formatPrincipal, type Principal } from '@assay/clarity-value';
import {
  hash160,
  publicKeyFromPrivate,
  recoverPublicKey,
  sha256,
  signRecoverable,
} from '@assay/crypto';
import { DEVNET } from '@assay/params';
import { MemoryStore } from '@assay/store';
import { openLmdbStore } from '@assay/store/lmdb';
import {
  decodeBlock,
  encodeBlock,
  encodeTransaction,
  signOrigin,
  singleSigCondition,
  type Transaction,
  type TransactionPayload,
} from '@assay/wire';
import type { Row } from './row.ts';

const BLOCKS = 12;
const WARM_UP = 2;
const TRANSFERS_PER_BLOCK = 2_000;
/** Who pays whom in one block: so many accounts, each the same number of times. */
const ACTIVE = 1_000;

const label = (text: string): Uint8Array => sha256(new TextEncoder().encode(text));
const version = DEVNET.addressVersions.singleSig;

interface Account {
  readonly key: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly principal: Principal;
}

function accountOf(privateKey: Uint8Array): Account {
  const publicKey = publicKeyFromPrivate(privateKey);
  return {
    key: privateKey,
    publicKey,
    principal: { version, hash: hash160(publicKey), contractName: null },
  };
}

const MINER = accountOf(label('miner'));

function sign(who: Account, nonce: bigint, feeMicro: bigint, payload: TransactionPayload) {
  const origin = singleSigCondition(who.publicKey, { nonce, feeMicro });
  const tx: Transaction = {
    version: DEVNET.transactionVersion,
    chainId: DEVNET.chainId,
    auth: { kind: 'standard', origin },
    anchorMode: 'on-chain-only',
    postConditionMode: 'deny',
    postConditions: [],
    payload,
  };
  return encodeTransaction(signOrigin(tx, { privateKey: who.key, compressed: true }));
}

interface Population {
  readonly accounts: number;
  /** Accounts that send in one block. */
  readonly active: number;
}

/** Accounts with money; keys only for those that will send. */
function population({ accounts: count, active }: Population) {
  const sendersCount = Math.min(count, BLOCKS * active);
  const senders = Array.from({ length: sendersCount }, (_, i) => accountOf(label(`account ${i}`)));
  const principals = senders.map(({ principal }) => principal);
  for (let i = sendersCount; i < count; i++) {
    principals.push({ version, hash: label(`account ${i}`).slice(0, 20), contractName: null });
  }
  const genesis: Genesis = {
    network: 'devnet',
    chainId: DEVNET.chainId,
    epoch: '3.4',
    timestampSecs: 1_700_000_000,
    pox: DEVNET.pox,
    balances: principals.map((principal) => ({
      address: formatPrincipal(principal),
      amountMicro: 1_000_000_000n,
    })),
    signers: [{ publicKey: publicKeyFromPrivate(label('signer')), weight: 1n }],
    governor: DEVNET.bootAddress,
    treasury: null,
    models: [],
    hosts: [],
  };
  return { senders, principals, genesis, active };
}

function contextAt(height: number): BlockContext {
  return {
    burnView: {
      consensusHash: label('consensus').slice(0, 20),
      burnHeight: 101,
      burnHeaderHash: label('burn'),
      sortitionHash: label('sortition'),
      vrfSeed: label('seed'),
      totalBurn: 1_000n,
      burnTimestampSecs: 1_700_000_000,
      minerPubkeyHash: MINER.principal.hash,
    },
    timestampSecs: 1_700_000_000 + height,
    signers: { cycle: 0, signers: [] },
  };
}

/** The tenure start and the blocks of transfers, built by a leader, as bytes. */
function buildBlocks(made: ReturnType<typeof population>) {
  const { senders, genesis } = made;
  const leader = Chainstate.open({
    store: new MemoryStore(),
    network: DEVNET,
    genesis,
    burnState: { burnBlock: () => null },
  });
  const { burnView } = contextAt(1);
  const own = [
    sign(MINER, 0n, 0n, {
      kind: 'tenure-change',
      tenureConsensusHash: burnView.consensusHash,
      prevTenureConsensusHash: new Uint8Array(20),
      burnViewConsensusHash: burnView.consensusHash,
      previousTenureEnd: leader.genesisBlockId,
      previousTenureBlocks: 1,
      cause: 'block-found',
      pubkeyHash: MINER.principal.hash,
    }),
    sign(MINER, 1n, 0n, {
      kind: 'nakamoto-coinbase',
      payload: new Uint8Array(32),
      recipient: null,
      vrfProof: new Uint8Array(80),
    }),
  ];
  let parent = leader.genesisBlockId;
  const add = (height: number, transactions: readonly Uint8Array[]): Uint8Array => {
    const builder = leader.build(parent, contextAt(height));
    for (const bytes of transactions) {
      const checked = leader.checkTransaction(bytes);
      const outcome = checked.ok ? builder.tryTransaction(checked.value) : null;
      if (outcome?.kind !== 'included') throw new Error(`transfer refused: ${outcome?.message}`);
    }
    const { block } = builder.seal();
    const applied = leader.applyBlock(block, contextAt(height));
    if (!applied.ok) throw new Error(applied.error.message);
    parent = applied.value.header.blockId;
    return encodeBlock(block);
  };
  const blocks = [add(1, own)];
  const nonces = new Map<Account, bigint>();
  for (let i = 0; i < BLOCKS; i++) {
    const transactions = Array.from({ length: TRANSFERS_PER_BLOCK }, (_, j) => {
      const sender = senders[(i * made.active + (j % made.active)) % senders.length]!;
      const nonce = nonces.get(sender) ?? 0n;
      nonces.set(sender, nonce + 1n);
      return sign(sender, nonce, 200n, {
        kind: 'token-transfer',
        recipient: recipientOf(made, i, j),
        amountMicro: 5n,
        memo: new Uint8Array(34),
      });
    });
    blocks.push(add(2 + i, transactions));
  }
  return blocks;
}

/** The next sender of the block, or, when nobody is to appear twice, somebody who never sends. */
function recipientOf(made: ReturnType<typeof population>, block: number, index: number): Principal {
  const { senders, principals, active } = made;
  if (active < TRANSFERS_PER_BLOCK) {
    return senders[(block * active + ((index + 1) % active)) % senders.length]!.principal;
  }
  return principals[senders.length + block * active + index]!;
}

/** Seconds from the block's bytes to the stored state. */
function applyTimed(follower: Chainstate, bytes: Uint8Array, height: number): number {
  const startedMs = performance.now();
  const block = decodeBlock(bytes);
  if (!block.ok) throw new Error(block.error.message);
  const applied = follower.applyBlock(block.value, contextAt(height));
  if (!applied.ok) throw new Error(applied.error.message);
  return (performance.now() - startedMs) / 1_000;
}

interface Follower {
  readonly chain: Chainstate;
  readonly blocks: readonly Uint8Array[];
  readonly rates: number[];
  close(): Promise<void>;
}

function prepare(people: Population): Follower {
  const made = population(people);
  const blocks = buildBlocks(made);
  const folder = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  const path = join(folder, 'data');
  const store = openLmdbStore({ path, durable: true, mapSizeBytes: 8 * 2 ** 30 });
  return {
    chain: Chainstate.open({
      store,
      network: DEVNET,
      genesis: made.genesis,
      burnState: { burnBlock: () => null },
    }),
    blocks,
    rates: [],
    async close() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

/**
 * Transfers per second of each population, block by block. Their blocks are applied by turns, so that a
 * machine that is busy with something else slows both alike.
 */
async function measure(populations: readonly Population[]): Promise<number[][]> {
  const followers = populations.map(prepare);
  for (let i = 0; i <= BLOCKS; i++) {
    for (const { chain, blocks, rates } of followers) {
      const rate = TRANSFERS_PER_BLOCK / applyTimed(chain, blocks[i]!, i + 1);
      if (i > WARM_UP) rates.push(rate);
    }
  }
  for (const follower of followers) await follower.close();
  return followers.map(({ rates }) => rates);
}

function recoversPerSecond(): number {
  const digest = label('digest');
  const signature = signRecoverable(digest, MINER.key);
  const rounds = 4_000;
  const startedMs = performance.now();
  for (let i = 0; i < rounds; i++) recoverPublicKey(digest, signature);
  return (rounds / (performance.now() - startedMs)) * 1_000;
}

export async function run(): Promise<Row[]> {
  const limit = recoversPerSecond();
  const row = (name: string, ours: number, unit: string, ceiling: number | null): Row => ({
    bench: 'transfers',
    case: name,
    ours,
    peer: null,
    ratio: null,
    limit: ceiling,
    unit,
  });
  const rates = await measure([
    { accounts: 1_000, active: ACTIVE },
    { accounts: 100_000, active: ACTIVE },
    { accounts: 100_000, active: TRANSFERS_PER_BLOCK },
  ]);
  const [few, many, spread] = rates as [number[], number[], number[]];
  return [
    row('applied, 1,000 accounts', median(few), 'transfers/s', limit),
    row('applied, 100,000 accounts', median(many), 'transfers/s', limit),
    row('100,000 accounts over 1,000', median(many.map((rate, i) => rate / few[i]!)), 'ratio', 1),
    row('applied, 100,000 accounts, none twice', median(spread), 'transfers/s', limit),
  ];
}
