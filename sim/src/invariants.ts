/**
 * What must hold after every scenario, whatever happened in it: money is neither made nor lost, and
 * no signer has signed its way to two chains.
 */
import { bytesToHex } from '@assay/bytes';
import type { Chainstate, Genesis, StoredHeader } from '@assay/chainstate';
import type { FullNode } from '@assay/full-node';
import type { Watch } from './watch.ts';

export interface Supply {
  /** All accounts together. */
  readonly heldMicro: bigint;
  /** Taken from users, not yet paid to the miner. */
  readonly unmaturedFeesMicro: bigint;
  /** Promised to miners, not yet made. */
  readonly unmaturedCoinbasesMicro: bigint;
  readonly genesisMicro: bigint;
  /** Of all tenures. */
  readonly coinbasesMicro: bigint;
  readonly escrowMicro: bigint;
  readonly openFeesMicro: bigint;
}

function canonicalHeaders(chainstate: Chainstate, tip: StoredHeader): StoredHeader[] {
  const headers: StoredHeader[] = [];
  for (let header = tip; header.height > 0; header = chainstate.header(header.parentBlockId)!) {
    headers.push(header);
  }
  return headers.reverse();
}

/** Every account that can hold STX on this chain: of the genesis, contracts, miners, recipients. */
function accountsOf(chainstate: Chainstate, genesis: Genesis, headers: readonly StoredHeader[]) {
  const { bootAddress } = chainstate.network;
  const accounts = new Set(genesis.balances.map(({ address }) => address));
  for (const name of ['hosts', 'inference', 'judges', 'models', 'plants', 'sessions', 'signers']) {
    accounts.add(`${bootAddress}.${name}`);
  }
  for (const { blockId, rewardRecipient } of headers) {
    accounts.add(rewardRecipient);
    for (const { events } of chainstate.receipts(blockId) ?? []) {
      for (const event of events) {
        if ('recipient' in event) accounts.add(String(event.recipient));
      }
    }
  }
  return accounts;
}

export function measureSupply(node: FullNode, genesis: Genesis): Supply {
  const { chainstate } = node;
  const tip = node.coordinator.tip();
  const headers = canonicalHeaders(chainstate, tip);
  const view = chainstate.view(tip.blockId);
  let heldMicro = 0n;
  for (const account of accountsOf(chainstate, genesis, headers)) {
    const { balanceMicro, lockedMicro } = view.account(account);
    heldMicro += balanceMicro + lockedMicro;
  }
  let coinbasesMicro = 0n;
  let unmaturedCoinbasesMicro = 0n;
  let unmaturedFeesMicro = 0n;
  const paidTenures = tip.tenureHeight - chainstate.network.minerRewardMaturity;
  for (const header of headers) {
    const isPaid = header.tenureHeight <= paidTenures;
    if (header.isTenureStart) {
      coinbasesMicro += header.coinbaseMicro;
      if (!isPaid) unmaturedCoinbasesMicro += header.coinbaseMicro;
    }
    if (!isPaid) unmaturedFeesMicro += header.blockFeesMicro;
  }
  const inference = `${chainstate.network.bootAddress}.inference`;
  const openEscrow = view.dataVar(inference, 'open-escrow');
  return {
    heldMicro,
    unmaturedFeesMicro,
    unmaturedCoinbasesMicro,
    coinbasesMicro,
    genesisMicro: genesis.balances.reduce((sum, { amountMicro }) => sum + amountMicro, 0n),
    escrowMicro: view.account(inference).balanceMicro,
    openFeesMicro: openEscrow?.type === 'uint' ? openEscrow.value : -1n,
  };
}

/** One line per broken promise. */
export function supplyFaults(supply: Supply): string[] {
  const faults: string[] = [];
  const there = supply.heldMicro + supply.unmaturedFeesMicro + supply.unmaturedCoinbasesMicro;
  const expected = supply.genesisMicro + supply.coinbasesMicro;
  if (there !== expected) faults.push(`STX not conserved: ${there} found, ${expected} expected`);
  if (supply.escrowMicro !== supply.openFeesMicro) {
    faults.push(`escrow holds ${supply.escrowMicro}, open requests ${supply.openFeesMicro}`);
  }
  return faults;
}

/**
 * A signer may sign a second block at a height of a tenure only when the first is given up: then the
 * first never becomes part of the chain.
 */
export function signatureFaults(watch: Watch, node: FullNode): string[] {
  const { chainstate, coordinator } = node;
  const canonical = new Set<string>();
  for (const header of canonicalHeaders(chainstate, coordinator.tip())) {
    canonical.add(bytesToHex(header.blockHash));
  }
  const faults: string[] = [];
  const bySlotAndHeight = new Map<string, string[]>();
  for (const { slot, block } of watch.signings) {
    const key = `signer ${slot}, height ${block.height}, tenure ${block.tenure}`;
    const before = bySlotAndHeight.get(key) ?? [];
    if (before.some((hash) => canonical.has(hash))) {
      faults.push(`${key}: signed ${block.hash} beside the canonical block`);
    }
    bySlotAndHeight.set(key, [...before, block.hash]);
  }
  const standing = new Map<string, number>();
  for (const { height, header } of canonicalHeaders(chainstate, coordinator.tip())) {
    for (const id of chainstate.blocksAtHeight(height)) {
      const other = chainstate.header(id)!;
      if (bytesToHex(other.header.consensusHash) !== bytesToHex(header.consensusHash)) continue;
      // Bitcoin took back what this one stood on: it was abandoned with it.
      const view = coordinator.snapshots.byConsensusHash(other.burnView.consensusHash);
      if (view === null || !coordinator.snapshots.isCanonical(view)) continue;
      standing.set(`${height}`, (standing.get(`${height}`) ?? 0) + 1);
    }
  }
  for (const [height, count] of standing) {
    if (count > 1) faults.push(`${count} blocks of one tenure were signed at height ${height}`);
  }
  return faults;
}
