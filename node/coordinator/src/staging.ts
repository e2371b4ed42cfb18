/**
 * Verified blocks that wait for their parent. They are on disk before anybody is told that they
 * were taken, and leave when they are applied or turn out invalid.
 *
 * Keys (one byte, then the rest) -> values:
 *   b block id -> block bytes      p parent id, block id -> empty
 */
import { assert, concatBytes } from '@assay/bytes';
import type { Store } from '@assay/store';
import { decodeBlock, encodeBlock, type NakamotoBlock } from '@assay/wire';
import { LIMITS } from './limits.ts';

const tag = (letter: string, ...rest: readonly Uint8Array[]): Uint8Array =>
  concatBytes(Uint8Array.of(letter.charCodeAt(0)), ...rest);

export interface StagedBlock {
  readonly blockId: Uint8Array;
  readonly block: NakamotoBlock;
}

export class Staging {
  readonly #store: Store;
  #count: number;

  constructor(store: Store) {
    this.#store = store;
    this.#count = 0;
    for (const _ of store.range({ prefix: tag('b') })) this.#count++;
  }

  get count(): number {
    return this.#count;
  }

  has(blockId: Uint8Array): boolean {
    return this.#store.has(tag('b', blockId));
  }

  get(blockId: Uint8Array): NakamotoBlock | null {
    const bytes = this.#store.get(tag('b', blockId));
    return bytes === null ? null : decodeStaged(bytes);
  }

  /** Durable on return. False when full. */
  put(blockId: Uint8Array, block: NakamotoBlock): boolean {
    if (this.has(blockId)) return true;
    if (this.#count >= LIMITS.stagedBlocksMax) return false;
    this.#store.batch((batch) => {
      batch.put(tag('b', blockId), encodeBlock(block));
      batch.put(tag('p', block.header.parentBlockId, blockId), new Uint8Array(0));
    });
    this.#count++;
    return true;
  }

  /** In the order of their ids. */
  childrenOf(parentBlockId: Uint8Array): StagedBlock[] {
    const prefix = tag('p', parentBlockId);
    const children: StagedBlock[] = [];
    for (const { key } of this.#store.range({ prefix })) {
      const blockId = key.slice(prefix.length);
      const block = this.get(blockId);
      if (block !== null) children.push({ blockId, block });
    }
    return children;
  }

  /** Parents that staged blocks wait for, each once. */
  parents(): Uint8Array[] {
    const parents: Uint8Array[] = [];
    let last = '';
    for (const { key } of this.#store.range({ prefix: tag('p') })) {
      const parent = key.slice(1, 33);
      if (parent.join() === last) continue;
      last = parent.join();
      parents.push(parent);
    }
    return parents;
  }

  remove({ blockId, block }: StagedBlock): void {
    if (!this.has(blockId)) return;
    this.#store.batch((batch) => {
      batch.remove(tag('b', blockId));
      batch.remove(tag('p', block.header.parentBlockId, blockId));
    });
    this.#count--;
  }
}

function decodeStaged(bytes: Uint8Array): NakamotoBlock {
  const block = decodeBlock(bytes);
  assert(block.ok, 'a staged block was decoded before it was stored');
  return block.value;
}
