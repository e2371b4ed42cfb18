/**
 * A tenure on Bitcoin, seen through a Bitcoin node and not through ours: the block that elected the
 * miner has its proof of work and carries the miner's commit, whose key registration names the key
 * that signed our block; a later commit names the tenure's first block, which anchors it; and further
 * headers with proof of work stand on the election.
 * What is not checked: that this commit won against the others of its block (that takes all of history).
 */
import {
  type BitcoinBlock,
  type BitcoinBlockHeader,
  bitcoinBlockHash,
  bitcoinBlockWork,
  hasProofOfWork,
  reverseHash,
  transactionMerkleRoot,
} from '@assay/bitcoin';
import { ByteReader, bytesEqual, bytesToHex, DecodeError } from '@assay/bytes';
import { hash160 } from '@assay/crypto';
import type { NetworkParams } from '@assay/params';
import { type BlockCommitOp, type ParsedOp, parseBurnOp, signingKeyHash } from '@assay/sortition';
import { blockId, type NakamotoBlock, readBlock } from '@assay/wire';
import type { BitcoinSource } from './bitcoin-source.ts';
import type { PlacedTransaction } from './block.ts';
import type { Checks } from './checks.ts';
import { type NodeSource, SourceError } from './node-source.ts';
import { fetchBytes } from './sources.ts';

/** Headers followed above the election; a day's worth. */
const HEADERS_MAX = 144;
const HEADERS_AT_ONCE = 12;

/** Bitcoin blocks searched for the commit that anchors a tenure; the devnet has one every seconds. */
const ANCHOR_BLOCKS_MAX = 60;

export interface BitcoinCheckDeps {
  readonly node: NodeSource;
  readonly checks: Checks;
  readonly network: NetworkParams;
  readonly bitcoin: BitcoinSource;
}

/** @param name `request` or `settlement` */
export async function checkBitcoin(
  deps: BitcoinCheckDeps,
  name: string,
  placed: PlacedTransaction,
): Promise<void> {
  try {
    const isElected = await checkElection(deps, name, placed);
    await checkAnchor(deps, name, placed);
    if (isElected) await checkBuiltUpon(deps, name, placed);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    deps.checks.skip(`the ${name}'s tenure stands on Bitcoin`, error.message);
  }
}

async function blockAt(bitcoin: BitcoinSource, burnHeight: number): Promise<BitcoinBlock | null> {
  const hash = await bitcoin.blockHashAt(burnHeight);
  if (hash === null) return null;
  const block = await bitcoin.block(hash);
  const isWhole =
    bytesEqual(reverseHash(bitcoinBlockHash(block.header)), hash) &&
    hasProofOfWork(block.header) &&
    bytesEqual(transactionMerkleRoot(block.transactions), block.header.merkleRoot);
  return isWhole ? block : null;
}

function opsOf(block: BitcoinBlock, burnHeight: number, network: NetworkParams): ParsedOp[] {
  const { pox, bitcoin } = network;
  return block.transactions.flatMap((tx, vtxindex) => {
    const op = parseBurnOp(tx, { pox, magic: bitcoin.magic, burnHeight, vtxindex });
    return op === null ? [] : [op];
  });
}

/** @returns whether the block itself is the one that the sortition names */
async function checkElection(
  { checks, network, bitcoin }: BitcoinCheckDeps,
  name: string,
  { sortition, minerKey }: PlacedTransaction,
): Promise<boolean> {
  const { burnHeight, burnHash } = sortition;
  const block = await blockAt(bitcoin, burnHeight);
  const isSame =
    block !== null && bytesEqual(reverseHash(bitcoinBlockHash(block.header)), burnHash);
  checks.expect(
    `the ${name}'s tenure was elected in a Bitcoin block with proof of work`,
    isSame,
    `height ${burnHeight}, ${bytesToHex(burnHash)}`,
  );
  if (!isSame) return false;
  const what = `the miner of the ${name}'s block committed in that Bitcoin block`;
  const commits = opsOf(block, burnHeight, network).filter((op) => op.kind === 'block-commit');
  for (const commit of commits) {
    if (!(await isRegisteredTo(bitcoin, commit, minerKey, network))) continue;
    checks.expect(
      what,
      true,
      `${commit.burnFeeSats} satoshis, transaction ${bytesToHex(commit.txid)}`,
    );
    return true;
  }
  checks.expect(what, false, `${commits.length} commits there, none with the miner's key`);
  return true;
}

async function isRegisteredTo(
  bitcoin: BitcoinSource,
  { keyBlockHeight, keyVtxindex }: BlockCommitOp,
  minerKey: Uint8Array,
  network: NetworkParams,
): Promise<boolean> {
  const block = await blockAt(bitcoin, keyBlockHeight);
  const ops = block === null ? [] : opsOf(block, keyBlockHeight, network);
  const key = ops.find((op) => op.kind === 'key-register' && op.vtxindex === keyVtxindex);
  const hash = key?.kind === 'key-register' ? signingKeyHash(key) : null;
  return hash !== null && bytesEqual(hash, hash160(minerKey));
}

/** The first block of the tenure, reached from `block` by parent ids; null when it cannot be fetched. */
async function tenureStart(node: NodeSource, from: NakamotoBlock): Promise<Uint8Array | null> {
  const bytes = await fetchBytes(node, `/v3/tenures/${bytesToHex(blockId(from.header))}`);
  if (bytes === null) return null;
  try {
    const reader = new ByteReader(bytes);
    let expected = blockId(from.header);
    while (reader.remaining > 0) {
      const block = readBlock(reader);
      if (!bytesEqual(blockId(block.header), expected)) return null;
      const first = block.transactions[0]?.payload;
      if (first?.kind === 'tenure-change' && first.cause === 'block-found') return expected;
      expected = block.header.parentBlockId;
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
  return null;
}

async function checkAnchor(
  { node, checks, network, bitcoin }: BitcoinCheckDeps,
  name: string,
  { block, sortition }: PlacedTransaction,
): Promise<void> {
  const what = `a later Bitcoin block commits to the first block of the ${name}'s tenure`;
  const start = await tenureStart(node, block);
  if (start === null) {
    checks.skip(what, 'the node does not give the whole tenure');
    return;
  }
  const tip = await bitcoin.tipHeight();
  const last = Math.min(tip, sortition.burnHeight + ANCHOR_BLOCKS_MAX);
  for (let height = sortition.burnHeight + 1; height <= last; height++) {
    const found = await blockAt(bitcoin, height);
    const ops = found === null ? [] : opsOf(found, height, network);
    const commit = ops.find(
      (op) => op.kind === 'block-commit' && bytesEqual(op.parentTenureId, start),
    );
    if (commit === undefined) continue;
    checks.expect(what, true, `height ${height}, tenure start ${bytesToHex(start)}`);
    return;
  }
  checks.skip(what, 'not yet: the miner of the next Bitcoin block does that');
}

/** The headers above the election: each names the one before and has its proof of work. */
async function checkBuiltUpon(
  { checks, bitcoin }: BitcoinCheckDeps,
  name: string,
  { sortition }: PlacedTransaction,
): Promise<void> {
  const what = `Bitcoin has built on the block that elected the ${name}'s tenure`;
  const tip = await bitcoin.tipHeight();
  const last = Math.min(tip, sortition.burnHeight + HEADERS_MAX);
  let parent = sortition.burnHash;
  let work = 0n;
  for (let from = sortition.burnHeight + 1; from <= last; from += HEADERS_AT_ONCE) {
    const heights = Array.from(
      { length: Math.min(HEADERS_AT_ONCE, last + 1 - from) },
      (_, i) => from + i,
    );
    for (const header of await Promise.all(heights.map((height) => headerAt(bitcoin, height)))) {
      const isNext =
        header !== null &&
        bytesEqual(reverseHash(header.prevHash), parent) &&
        hasProofOfWork(header);
      if (!isNext) {
        checks.expect(what, false, `the chain breaks above ${bytesToHex(parent)}`);
        return;
      }
      work += bitcoinBlockWork(header.bits);
      parent = reverseHash(bitcoinBlockHash(header));
    }
  }
  const count = last - sortition.burnHeight;
  if (count <= 0) checks.skip(what, 'not yet');
  else checks.expect(what, true, `${count} headers, ${work} expected hashes of work`);
}

async function headerAt(
  bitcoin: BitcoinSource,
  burnHeight: number,
): Promise<BitcoinBlockHeader | null> {
  const hash = await bitcoin.blockHashAt(burnHeight);
  return hash === null ? null : bitcoin.header(hash);
}
