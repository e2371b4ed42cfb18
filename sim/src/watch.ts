/**
 * An eye on what signers do: every proposal and every signature that passes through the node's
 * StackerDBs is written down, across restarts of the node. `invariants.ts` reads it.
 */
import { bytesToHex } from '@assay/bytes';
import type { FullNode } from '@assay/full-node';
import { blockHash, blockId, decodeSignerMessage } from '@assay/wire';

export interface ProposedBlock {
  /** hash of the header without signatures, hex */
  readonly hash: string;
  readonly tenure: string;
  readonly height: number;
}

export interface Signing {
  readonly slot: number;
  readonly block: ProposedBlock;
}

export class Watch {
  readonly signings: Signing[] = [];
  readonly #proposed = new Map<string, ProposedBlock>();
  /** Slots by block hash. */
  readonly #preCommits = new Map<string, Set<number>>();
  readonly #seen = new Set<string>();

  /** Proposals seen so far. */
  get proposalCount(): number {
    return this.#proposed.size;
  }

  /** Blocks proposed at a height, in the order they were first seen. */
  proposalsAt(height: number): ProposedBlock[] {
    return [...this.#proposed.values()].filter((block) => block.height === height);
  }

  /** How many signers have pre-committed to a block. */
  preCommitCount({ hash }: ProposedBlock): number {
    return this.#preCommits.get(hash)?.size ?? 0;
  }

  attach(node: FullNode): void {
    const boot = node.chainstate.network.bootAddress;
    node.stackerdb.onChunks(({ contractId, chunks }) => {
      for (const { slotId, data } of chunks) {
        if (contractId === `${boot}.miners`) this.#onProposal(data);
        else if (/\.signers-[01]-1$/.test(contractId)) this.#onResponse(slotId, data);
        else if (/\.signers-[01]-3$/.test(contractId)) this.#onPreCommit(slotId, data);
      }
    });
  }

  #onProposal(data: Uint8Array): void {
    const message = decodeSignerMessage(data);
    if (!message.ok || message.value.kind !== 'block-proposal') return;
    const { header } = message.value.proposal.block;
    const hash = bytesToHex(blockHash(header));
    const tenure = bytesToHex(header.consensusHash);
    if (!this.#proposed.has(hash)) {
      this.#proposed.set(hash, { hash, tenure, height: header.chainLength });
    }
  }

  #onPreCommit(slot: number, data: Uint8Array): void {
    const message = decodeSignerMessage(data);
    if (!message.ok || message.value.kind !== 'block-pre-commit') return;
    const hash = bytesToHex(message.value.signerSignatureHash);
    this.#preCommits.set(hash, (this.#preCommits.get(hash) ?? new Set()).add(slot));
  }

  #onResponse(slot: number, data: Uint8Array): void {
    const message = decodeSignerMessage(data);
    if (!message.ok || message.value.kind !== 'block-response') return;
    const { response } = message.value;
    if (response.kind !== 'accepted') return;
    const hash = bytesToHex(response.signerSignatureHash);
    const block = this.#proposed.get(hash);
    if (block === undefined || this.#seen.has(`${slot} ${hash}`)) return;
    this.#seen.add(`${slot} ${hash}`);
    this.signings.push({ slot, block });
  }
}

/** Ids of the canonical chain from genesis to the tip, hex. */
export function canonicalIds(node: FullNode): string[] {
  const ids: string[] = [];
  let header = node.coordinator.tip();
  while (header.height > 0) {
    ids.push(bytesToHex(blockId(header.header)));
    header = node.chainstate.header(header.parentBlockId)!;
  }
  return ids.reverse();
}
