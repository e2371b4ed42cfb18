/**
 * Keeps the slot tables of the node's StackerDBs true: who may write is decided by sortitions
 * (`.miners`), by the signer sets of the current and the next cycle, and by the host registry.
 * Source: reference/stacks.md 2.12; the descriptor contracts in contracts/.
 */
import { bytesEqual } from '@assay/bytes';
import type { Chainstate, SignerSet, StoredHeader } from '@assay/chainstate';
import { SIGNER_LANES } from '@assay/contracts';
import type { Coordinator } from '@assay/coordinator';
import { hash160 } from '@assay/crypto';
import type { Snapshot, SnapshotDb } from '@assay/sortition';
import type { StackerDb } from '@assay/stackerdb';

/** Two slots for each of the two miners who may propose. */
const SLOTS_PER_MINER = 2;

export interface SlotTableDeps {
  readonly chainstate: Chainstate;
  readonly coordinator: Coordinator;
  readonly stackerdb: StackerDb;
}

/**
 * Which sortition's winner writes which pair of slots: the newest one the pair of its parity, in the other
 * the miner of the ongoing tenure, who goes on when the newest winner cannot or does not begin. As
 * long as every winner begins, these are the last two winners, as in stacks-core.
 */
export function minerPairs(
  coordinator: Pick<Coordinator, 'burnTip' | 'snapshots' | 'tip'>,
): readonly [Snapshot | null, Snapshot | null] {
  const { snapshots } = coordinator;
  const burnTip = coordinator.burnTip();
  const newest = burnTip === null ? null : snapshots.lastSortition(burnTip);
  if (newest === null) return [null, null];
  const ongoing = snapshots.byConsensusHash(coordinator.tip().header.consensusHash);
  const isBegun = ongoing === null || bytesEqual(ongoing.sortitionId, newest.sortitionId);
  const other = isBegun ? sortitionBefore(snapshots, newest) : ongoing;
  return newest.sortitionCount % 2 === 0 ? [newest, other] : [other, newest];
}

function sortitionBefore(snapshots: SnapshotDb, snapshot: Snapshot): Snapshot | null {
  const parent = snapshots.bySortitionId(snapshot.parentSortitionId);
  return parent === null ? null : snapshots.lastSortition(parent);
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
        if (newTip.isTenureStart) this.#onBurnTip();
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
    this.#configureMiners();
    for (const cycle of this.#cyclesInUse(tip)) {
      const set = coordinator.signerSet(cycle);
      if (set !== null) this.#configureSigners(cycle, set);
    }
  }

  /**
   * Bitcoin's cycle and the next one; while the ongoing tenure is of the one before, that one instead of
   * the next, which would have the same databases.
   */
  #cyclesInUse({ burnHeight }: Snapshot): readonly [number, number] {
    const { coordinator } = this.#deps;
    const cycle = coordinator.rewardCycleAt(burnHeight);
    const { tenureView } = coordinator.tip();
    const isBehind = coordinator.rewardCycleAt(tenureView.burnHeight) === cycle - 1;
    return isBehind ? [cycle - 1, cycle] : [cycle, cycle + 1];
  }

  #configureMiners(): void {
    const { coordinator, stackerdb } = this.#deps;
    const signers = minerPairs(coordinator).flatMap((snapshot) =>
      new Array<Uint8Array | null>(SLOTS_PER_MINER).fill(snapshot?.winner?.minerPubkeyHash ?? null),
    );
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
