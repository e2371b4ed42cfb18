/**
 * Keeps the slot tables of the node's StackerDBs true: who may write is decided by sortitions
 * (`.miners`), by the signer sets of the current and the next cycle, and by the host registry.
 * Source: reference/stacks.md 2.12; the descriptor contracts in contracts/.
 */
import type { Chainstate, SignerSet, StoredHeader } from '@assay/chainstate';
import { SIGNER_LANES } from '@assay/contracts';
import type { Coordinator } from '@assay/coordinator';
import { hash160 } from '@assay/crypto';
import type { Snapshot } from '@assay/sortition';
import type { StackerDb } from '@assay/stackerdb';

/** Two slots for each of the last two winners. */
const SLOTS_PER_MINER = 2;

export interface SlotTableDeps {
  readonly chainstate: Chainstate;
  readonly coordinator: Coordinator;
  readonly stackerdb: StackerDb;
}

/** Whether the winner of this sortition writes the first or the second pair of slots. */
export function minerPair(snapshot: Pick<Snapshot, 'sortitionCount'>): number {
  return snapshot.sortitionCount % 2;
}

export class SlotTables {
  readonly #deps: SlotTableDeps;
  readonly #boot: string;
  readonly #stops: (() => void)[] = [];

  constructor(deps: SlotTableDeps) {
    this.#deps = deps;
    this.#boot = deps.chainstate.network.bootAddress;
  }

  start(): void {
    const { coordinator } = this.#deps;
    this.#onBurnTip();
    this.#onHosts();
    this.#stops.push(
      coordinator.on('burn-tip', () => this.#onBurnTip()),
      coordinator.on('tip', ({ oldTip, newTip, orphaned }) => {
        if (orphaned.length > 0 || this.#touchesHosts(oldTip, newTip)) this.#onHosts();
      }),
    );
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  #onBurnTip(): void {
    const { coordinator } = this.#deps;
    const tip = coordinator.burnTip();
    if (tip === null) return;
    this.#configureMiners(tip);
    const cycle = coordinator.rewardCycleAt(tip.burnHeight);
    for (const of of [cycle, cycle + 1]) {
      const set = coordinator.signerSet(of);
      if (set !== null) this.#configureSigners(of, set);
    }
  }

  #configureMiners(tip: Snapshot): void {
    const { coordinator, stackerdb } = this.#deps;
    const { snapshots } = coordinator;
    const signers: (Uint8Array | null)[] = new Array(2 * SLOTS_PER_MINER).fill(null);
    const last = snapshots.lastSortition(tip);
    const before = last === null ? null : snapshots.bySortitionId(last.parentSortitionId);
    const previous = before === null ? null : snapshots.lastSortition(before);
    for (const snapshot of [previous, last]) {
      const key = snapshot?.winner?.minerPubkeyHash;
      if (snapshot === null || key === null || key === undefined) continue;
      signers.fill(
        key,
        minerPair(snapshot) * SLOTS_PER_MINER,
        (minerPair(snapshot) + 1) * SLOTS_PER_MINER,
      );
    }
    stackerdb.configure(`${this.#boot}.miners`, { signers });
  }

  #configureSigners(cycle: number, set: SignerSet): void {
    const { stackerdb } = this.#deps;
    const signers = set.signers.map(({ publicKey }) => hash160(publicKey));
    const parity = cycle % 2;
    for (const lane of SIGNER_LANES) {
      stackerdb.configure(`${this.#boot}.signers-${parity}-${lane}`, { signers });
    }
    stackerdb.configure(`${this.#boot}.inference-verdicts-${parity}`, { signers });
  }

  #touchesHosts(oldTip: StoredHeader, newTip: StoredHeader): boolean {
    if (newTip.height !== oldTip.height + 1) return true;
    const receipts = this.#deps.chainstate.receipts(newTip.blockId) ?? [];
    const hosts = `${this.#boot}.hosts`;
    return receipts.some(({ events }) =>
      events.some((event) => 'contractId' in event && event.contractId === hosts),
    );
  }

  /** `.inference-receipts`: slot i belongs to the operating key of host i. */
  #onHosts(): void {
    const { chainstate, coordinator, stackerdb } = this.#deps;
    const contractId = `${this.#boot}.hosts`;
    const call = { contractId, functionName: 'get-receipt-slots', args: [], sender: this.#boot };
    const slots = chainstate.view(coordinator.tip().blockId).callReadOnly(call);
    if (!slots.ok || slots.value.type !== 'list') return;
    const signers = slots.value.items.map((item) => {
      const signer = item.type === 'tuple' ? item.entries.get('signer') : undefined;
      return signer?.type === 'principal' ? signer.hash : null;
    });
    stackerdb.configure(`${this.#boot}.inference-receipts`, { signers });
  }
}
