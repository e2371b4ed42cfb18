/**
 * Collects the signers' answers to one proposal until 70 % of weight has signed, more than 30 % has
 * refused, or time is up.
 * Source: SIP-021 "Signer behavior"; threshold `ceil(total * 7 / 10)`.
 */
import { bytesEqual, bytesToHex } from '@assay/bytes';
import type { SignerSet } from '@assay/chainstate';
import {
  type BlockResponse,
  decodeSignerMessage,
  type RejectReason,
  recoverResponseKey,
  type ValidateRejectCode,
} from '@assay/wire';

export type Tally =
  | { readonly kind: 'open' }
  /** Signatures in signer order, ready for the header. */
  | { readonly kind: 'signed'; readonly signatures: readonly Uint8Array[]; readonly weight: bigint }
  | {
      readonly kind: 'refused';
      readonly reasons: readonly string[];
      readonly failedTxids: readonly string[];
      /** Whether something in the block was at fault, and not its place in the chain. */
      readonly blamesContent: boolean;
    };

/** Refusals for what a block contains; the others speak of its place, time or rivals. */
const CONTENT_CODES: readonly ValidateRejectCode[] = [
  'BadTransaction',
  'InvalidBlock',
  'ChainstateError',
  'ProblematicTransaction',
];

function isAboutContent(reason: RejectReason | null): boolean {
  if (reason === null) return true;
  if (reason.kind === 'problematic-transactions') return true;
  return reason.kind === 'validation-failed' && CONTENT_CODES.includes(reason.code);
}

interface Refusal {
  readonly reason: string;
  readonly failedTxid: string | null;
  readonly isAboutContent: boolean;
}

export class SignatureTally {
  readonly #set: SignerSet;
  readonly #blockHash: Uint8Array;
  readonly #signatures = new Map<number, Uint8Array>();
  readonly #refusals = new Map<number, Refusal>();
  readonly #total: bigint;
  readonly #threshold: bigint;

  constructor(set: SignerSet, blockHash: Uint8Array) {
    this.#set = set;
    this.#blockHash = blockHash;
    this.#total = set.signers.reduce((sum, signer) => sum + signer.weight, 0n);
    this.#threshold = (this.#total * 7n + 9n) / 10n;
  }

  /**
   * Takes a message from a signer's slot. The answer, if it is one to this block; else it is ignored.
   */
  add(slot: number, message: Uint8Array): BlockResponse | null {
    const signer = this.#set.signers[slot];
    const decoded = decodeSignerMessage(message);
    if (signer === undefined || !decoded.ok || decoded.value.kind !== 'block-response') return null;
    const { response } = decoded.value;
    if (!bytesEqual(response.signerSignatureHash, this.#blockHash)) return null;
    const key = recoverResponseKey(response);
    if (key === null || !bytesEqual(key, signer.publicKey)) return null;
    if (response.kind === 'accepted') {
      this.#signatures.set(slot, response.signature);
      this.#refusals.delete(slot);
    } else if (!this.#signatures.has(slot)) {
      const { failedTxid, rejectReason } = response.data;
      this.#refusals.set(slot, {
        reason: response.reason,
        failedTxid: failedTxid === null ? null : bytesToHex(failedTxid),
        isAboutContent: isAboutContent(rejectReason),
      });
    }
    return response;
  }

  #weightOf(slots: Iterable<number>): bigint {
    let weight = 0n;
    for (const slot of slots) weight += this.#set.signers[slot]!.weight;
    return weight;
  }

  get signedWeight(): bigint {
    return this.#weightOf(this.#signatures.keys());
  }

  get refusedWeight(): bigint {
    return this.#weightOf(this.#refusals.keys());
  }

  state(): Tally {
    const weight = this.signedWeight;
    if (weight >= this.#threshold) {
      const slots = [...this.#signatures.keys()].sort((a, b) => a - b);
      return {
        kind: 'signed',
        signatures: slots.map((slot) => this.#signatures.get(slot)!),
        weight,
      };
    }
    if (this.refusedWeight > this.#total - this.#threshold) {
      const refusals = [...this.#refusals.values()];
      return {
        kind: 'refused',
        reasons: [...new Set(refusals.map((refusal) => refusal.reason))],
        failedTxids: refusals.flatMap((r) => (r.failedTxid === null ? [] : [r.failedTxid])),
        blamesContent: refusals.some((refusal) => refusal.isAboutContent),
      };
    }
    return { kind: 'open' };
  }

  /** For logs: `2/3 of weight`. */
  describe(): string {
    return `${this.signedWeight}/${this.#total} for ${bytesToHex(this.#blockHash).slice(0, 8)}`;
  }
}
