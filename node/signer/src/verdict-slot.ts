/**
 * Our slot of `.inference-verdicts-*`: seal key, recent verdicts and blind commits, claim verdicts. It
 * is written whole each time, and again when a write may have been lost or a new cycle has begun.
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

  constructor(deps: VerdictSlotDeps, publicKey: Uint8Array, sealKey: Uint8Array) {
    this.#deps = deps;
    this.#publicKey = publicKey;
    this.#sealKey = sealKey;
  }

  async publish(): Promise<void> {
    const { node, ledger, slots, contracts } = this.#deps;
    this.#publishedCycle = null;
    this.#publications += 1;
    const publication = this.#publications;
    const data = encodeVerdictChunk({
      sealKey: this.#sealKey,
      entries: ledger.recentVerdicts(LIMITS.verdictsPublished),
      claims: ledger.recentClaims(LIMITS.claimVerdictsPublished),
    });
    const cycle = await node.currentCycle();
    const set = await node.signerSet(cycle);
    const slot = set?.findIndex((s) => bytesEqual(s.publicKey, this.#publicKey)) ?? -1;
    const isSaid = slot < 0 || (await slots.write(contracts.verdicts(cycle), slot, data));
    // A later one knows more: only its own success counts.
    if (isSaid && publication === this.#publications) this.#publishedCycle = cycle;
  }

  /** A write was lost with the node, or a new cycle began: its verdicts have a slot of their own. */
  async publishAgain(): Promise<void> {
    if (this.#publishedCycle !== (await this.#deps.node.currentCycle())) await this.publish();
  }
}
