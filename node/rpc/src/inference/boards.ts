/**
 * What hosts and signers have published in their StackerDB slots, decoded once per slot version:
 * receipts waiting for a verdict, and verdicts.
 */
import { bytesEqual } from '@assay/bytes';
import {
  commitmentHash,
  decodeReceiptChunk,
  decodeVerdictChunk,
  type Receipt,
  type VerdictEntry,
} from '@assay/jobs';
import type { StackerDbPort } from '../ports.ts';

/** Decoded lists of one database, cached by slot version. */
class Board<T> {
  readonly #stackerdb: StackerDbPort;
  readonly #contractId: string;
  readonly #decode: (bytes: Uint8Array) => readonly T[];
  readonly #slots = new Map<number, { readonly version: number; readonly items: readonly T[] }>();

  constructor(
    stackerdb: StackerDbPort,
    contractId: string,
    decode: (bytes: Uint8Array) => readonly T[],
  ) {
    this.#stackerdb = stackerdb;
    this.#contractId = contractId;
    this.#decode = decode;
  }

  versions(): string {
    const slots = this.#stackerdb.metadata(this.#contractId) ?? [];
    return slots.map(({ slotVersion }) => slotVersion).join('.');
  }

  /** Items of every written slot; a chunk that does not decode has none. */
  slots(): { readonly slot: number; readonly items: readonly T[] }[] {
    const out: { slot: number; items: readonly T[] }[] = [];
    for (const { slotId, slotVersion } of this.#stackerdb.metadata(this.#contractId) ?? []) {
      if (slotVersion === 0) continue;
      let known = this.#slots.get(slotId);
      if (known?.version !== slotVersion) {
        const chunk = this.#stackerdb.chunk(this.#contractId, slotId);
        const items = chunk === null ? [] : this.#decode(chunk.data);
        known = { version: slotVersion, items };
        this.#slots.set(slotId, known);
      }
      out.push({ slot: slotId, items: known.items });
    }
    return out;
  }
}

export interface PublishedVerdict {
  readonly cycleParity: 0 | 1;
  /** Index of the signer in the cycle's set. */
  readonly signerIndex: number;
  readonly entry: VerdictEntry;
}

export class InferenceBoards {
  readonly #receipts: Board<Receipt>;
  readonly #verdicts: readonly [Board<VerdictEntry>, Board<VerdictEntry>];

  constructor(stackerdb: StackerDbPort, bootAddress: string) {
    const verdicts = (parity: 0 | 1) =>
      new Board(stackerdb, `${bootAddress}.inference-verdicts-${parity}`, (bytes) => {
        const chunk = decodeVerdictChunk(bytes);
        return chunk.ok ? chunk.value.entries : [];
      });
    this.#receipts = new Board(stackerdb, `${bootAddress}.inference-receipts`, (bytes) => {
      const chunk = decodeReceiptChunk(bytes);
      return chunk.ok ? chunk.value : [];
    });
    this.#verdicts = [verdicts(0), verdicts(1)];
  }

  /** The published commitment about a request (by request hash, so that forks do not mix). */
  receipt(requestHash: Uint8Array): Receipt | null {
    for (const { items } of this.#receipts.slots()) {
      const found = items.find((item) => bytesEqual(item.commitment.requestHash, requestHash));
      if (found !== undefined) return found;
    }
    return null;
  }

  /**
   * The request whose answer this hash belongs to: a transcript, an opened sketch, or what a signer
   * committed to. Null when no slot names it.
   */
  announcedFor(hash: Uint8Array): { requestId: bigint; isSketch: boolean } | null {
    for (const { items } of this.#receipts.slots()) {
      const receipt = items.find(
        ({ commitment, sketchHash }) =>
          bytesEqual(commitment.transcriptHash, hash) ||
          (sketchHash !== null && bytesEqual(sketchHash, hash)),
      );
      if (receipt === undefined) continue;
      const { requestId, commitment } = receipt;
      return { requestId, isSketch: !bytesEqual(commitment.transcriptHash, hash) };
    }
    for (const board of this.#verdicts) {
      for (const { items } of board.slots()) {
        const entry = items.find((one) => {
          const blind = one.verdict === 'abstain' ? null : one.blind;
          return blind !== null && bytesEqual(blind, hash);
        });
        if (entry !== undefined) return { requestId: entry.requestId, isSketch: false };
      }
    }
    return null;
  }

  /** The sketch that the host of this request has opened; null while it has not, or settled. */
  sketchOf(requestId: bigint): Uint8Array | null {
    for (const { items } of this.#receipts.slots()) {
      const found = items.find((one) => one.requestId === requestId && one.sketchHash !== null);
      if (found !== undefined) return found.sketchHash;
    }
    return null;
  }

  /** Differs whenever some signer's slot has changed. */
  verdictVersions(): string {
    return this.#verdicts.map((board) => board.versions()).join('/');
  }

  verdicts(requestId: bigint, commitment: Uint8Array): PublishedVerdict[] {
    return ([0, 1] as const).flatMap((cycleParity) =>
      this.#verdicts[cycleParity]
        .slots()
        .flatMap(({ slot, items }) =>
          items
            .filter(
              (entry) =>
                entry.requestId === requestId && bytesEqual(entry.commitmentHash, commitment),
            )
            .map((entry) => ({ cycleParity, signerIndex: slot, entry })),
        ),
    );
  }
}

export function receiptCommitmentHash(receipt: Receipt): Uint8Array {
  return commitmentHash(receipt.commitment);
}
