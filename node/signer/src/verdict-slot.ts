/**
 * Our slots of `.inference-verdicts-*`: seal key, recent verdicts and blind commits, verdicts on claims and
 * disputes. A slot is written whole each time, and again when a write may have been lost or a new cycle
 * has begun. Claims of the cycle before are judged in the slot we had in that one.
 */
import { bytesEqual } from '@assay/bytes';
import { encodeVerdictChunk } from '@assay/jobs';
import type { Contracts } from './contracts.ts';
import type { Ledger } from './ledger.ts';
import { LIMITS } from './limits.ts';
import type { NodePort } from './ports.ts';
import type { SlotWriter } from './slot-writer.ts';

export interface VerdictSlotDeps {
  readonly node: NodePort;
  readonly ledger: Ledger;
  readonly slots: SlotWriter;
  readonly contracts: Contracts;
}

export class VerdictSlot {
  readonly #deps: VerdictSlotDeps;
  readonly #publicKey: Uint8Array;
  readonly #sealKey: Uint8Array;
  /** In whose slots our words stand; null: not known to stand anywhere. */
  #publishedCycle: number | null = null;
  #publications = 0;
  /** Earlier cycles whose slots lack something; null: this process has not looked yet. */
  #behind: Set<number> | null = null;

  constructor(deps: VerdictSlotDeps, publicKey: Uint8Array, sealKey: Uint8Array) {
    this.#deps = deps;
    this.#publicKey = publicKey;
    this.#sealKey = sealKey;
  }

  /** @param cycles in whose slots something new belongs, besides the current one */
  async publish(cycles: Iterable<number> = []): Promise<void> {
    const { node } = this.#deps;
    this.#publishedCycle = null;
    this.#publications += 1;
    const publication = this.#publications;
    const cycle = await node.currentCycle();
    // A verdict on a claim may have been recorded, and not said, before we were killed.
    this.#behind ??= new Set(this.#deps.ledger.recentClaims(1).length > 0 ? [cycle - 1] : []);
    for (const one of cycles) this.#behind.add(one);
    const data = this.#chunk();
    const isSaid = await this.#write(cycle, data);
    // A later one knows more: only its own success counts.
    if (isSaid && publication === this.#publications) this.#publishedCycle = cycle;
    for (const one of [...this.#behind]) {
      const isOver = one === cycle || one < Math.max(0, cycle - 1);
      if (isOver || (await this.#write(one, data))) this.#behind.delete(one);
    }
  }

  #chunk(): Uint8Array {
    const { ledger } = this.#deps;
    return encodeVerdictChunk({
      sealKey: this.#sealKey,
      entries: ledger.recentVerdicts(LIMITS.verdictsPublished),
      claims: ledger.recentClaims(LIMITS.claimVerdictsPublished),
      disputes: ledger.recentDisputes(LIMITS.disputeVerdictsPublished),
    });
  }

  /** True when it stands, or when we have no slot in that cycle. */
  async #write(cycle: number, data: Uint8Array): Promise<boolean> {
    const { node, slots, contracts } = this.#deps;
    const set = await node.signerSet(cycle);
    const slot = set?.findIndex((s) => bytesEqual(s.publicKey, this.#publicKey)) ?? -1;
    return slot < 0 || slots.write(contracts.verdicts(cycle), slot, data);
  }

  /** A write was lost with the node, or a new cycle began: its verdicts have a slot of their own. */
  async publishAgain(): Promise<void> {
    const cycle = await this.#deps.node.currentCycle();
    if (this.#publishedCycle === cycle && (this.#behind?.size ?? 0) === 0) return;
    await this.publish();
  }
}
