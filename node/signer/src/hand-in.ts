/**
 * Hands in blocks that have all their signatures when their miner does not: a miner that dies, or loses
 * an answer, would otherwise leave a block that everybody signed and nobody has, and no other one is
 * signed at its height for a while.
 * Source: stacks-core docs/signer-flows.md section 6 (facts).
 */

import { bytesEqual, bytesToHex } from '@assay/bytes';
import type { Logger } from '@assay/observe';
import {
  decodeSignerMessage,
  encodeBlock,
  type NakamotoBlock,
  recoverResponseKey,
  type StackerDbChunk,
} from '@assay/wire';
import type { World } from '@assay/world';
import { LIMITS } from './limits.ts';
import type { NodePort, SignerSlot } from './ports.ts';

export interface HandInDeps {
  readonly world: World;
  readonly node: Pick<NodePort, 'tipHeight' | 'uploadBlock'>;
  readonly log: Logger;
}

/** A block that we would sign, until the chain has reached its height. */
interface Watched {
  readonly block: NakamotoBlock;
  readonly cycle: number;
  readonly set: readonly SignerSlot[];
  /** By slot. */
  readonly signatures: Map<number, Uint8Array>;
  readonly sinceMs: number;
  /** When the last signature came that was needed. */
  wholeMs: number | null;
}

export class HandIn {
  readonly #deps: HandInDeps;
  /** By block hash, hex. */
  readonly #watched = new Map<string, Watched>();

  constructor(deps: HandInDeps) {
    this.#deps = deps;
  }

  /** Whether some block waits for signatures or for its miner. */
  get isWaiting(): boolean {
    return this.#watched.size > 0;
  }

  /** Reward cycles whose signers' answers are wanted. */
  get cycles(): ReadonlySet<number> {
    return new Set([...this.#watched.values()].map(({ cycle }) => cycle));
  }

  watch(hash: Uint8Array, block: NakamotoBlock, cycle: number, set: readonly SignerSlot[]): void {
    const key = bytesToHex(hash);
    if (this.#watched.has(key)) return;
    if (this.#watched.size >= LIMITS.proposalsMax) {
      this.#watched.delete(this.#watched.keys().next().value!);
    }
    const sinceMs = this.#deps.world.clock.nowMs();
    this.#watched.set(key, { block, cycle, set, signatures: new Map(), sinceMs, wholeMs: null });
  }

  /** A chunk of a signer's response lane; only signatures for blocks that are watched count. */
  onResponseChunk({ data }: StackerDbChunk): void {
    const message = decodeSignerMessage(data);
    if (!message.ok || message.value.kind !== 'block-response') return;
    const { response } = message.value;
    if (response.kind !== 'accepted') return;
    const watched = this.#watched.get(bytesToHex(response.signerSignatureHash));
    if (watched === undefined || watched.wholeMs !== null) return;
    const key = recoverResponseKey(response);
    const slot = key === null ? -1 : watched.set.findIndex((s) => bytesEqual(s.publicKey, key));
    if (slot < 0) return;
    watched.signatures.set(slot, response.signature);
    if (isWhole(watched)) watched.wholeMs = this.#deps.world.clock.nowMs();
  }

  /** Forgets what the chain has passed, hands in what waits. @throws when the node does not answer */
  async look(): Promise<void> {
    if (!this.isWaiting) return;
    const { world, node, log } = this.#deps;
    const tipHeight = await node.tipHeight();
    const nowMs = world.clock.nowMs();
    for (const [key, watched] of this.#watched) {
      const { block, sinceMs, wholeMs } = watched;
      if (block.header.chainLength <= tipHeight || nowMs - sinceMs > LIMITS.proposalMsMax) {
        this.#watched.delete(key);
      } else if (wholeMs !== null && nowMs - wholeMs >= LIMITS.handInAfterMs) {
        const isTaken = await node.uploadBlock(encodeBlock(withSignatures(watched)));
        log.info('block handed in for its miner', { block: key, isTaken });
      }
    }
  }
}

function isWhole({ set, signatures }: Watched): boolean {
  const total = set.reduce((sum, { weight }) => sum + weight, 0n);
  let weight = 0n;
  for (const slot of signatures.keys()) weight += set[slot]!.weight;
  return weight * 10n >= total * 7n;
}

/** Signatures stand in the order of the signer set. */
function withSignatures({ block, signatures }: Watched): NakamotoBlock {
  const slots = [...signatures.keys()].sort((a, b) => a - b);
  const signerSignatures = slots.map((slot) => signatures.get(slot)!);
  return { ...block, header: { ...block.header, signerSignatures } };
}
