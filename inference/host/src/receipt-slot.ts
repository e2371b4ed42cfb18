/**
 * Our slot in `.inference-receipts`: always the whole list of receipts that wait for a verdict. Writes
 * happen one after another; when the node knows a newer version (we lost our count in a crash), the
 * write is repeated above it.
 */
import { bytesEqual } from '@assay/bytes';
import { encodeReceiptChunk, LIMITS as JOBS_LIMITS, type Receipt } from '@assay/jobs';
import { signChunk } from '@assay/wire';
import type { ChainPort } from './chain-port.ts';

const ATTEMPTS_MAX = 4;

export class ReceiptSlot {
  readonly #chain: ChainPort;
  readonly #operatingKey: Uint8Array;
  #version: number | null = null;
  #standing: Uint8Array | null = null;

  /** @param operatingKey 32 bytes. Secret. */
  constructor(chain: ChainPort, operatingKey: Uint8Array) {
    this.#chain = chain;
    this.#operatingKey = operatingKey;
  }

  /**
   * Makes the slot hold exactly these receipts; the newest ones when there are too many.
   * @returns false when the node does not take it (not registered yet, for example)
   */
  async write(receipts: readonly Receipt[]): Promise<boolean> {
    const data = encodeReceiptChunk(receipts.slice(-JOBS_LIMITS.receiptsPerChunkMax));
    if (this.#standing !== null && bytesEqual(this.#standing, data)) return true;
    const slot = await this.#chain.receiptSlot();
    if (slot === null) return false;
    let version = Math.max(this.#version ?? 0, slot.version);
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const chunk = { slotId: slot.slotId, slotVersion: version + 1, data };
      const answer = await this.#chain.putReceipts(signChunk(chunk, this.#operatingKey));
      if (answer.accepted) {
        this.#version = version + 1;
        this.#standing = data;
        return true;
      }
      if (answer.currentVersion === null || answer.currentVersion < version) return false;
      version = answer.currentVersion;
    }
    return false;
  }
}
