/**
 * Values of the newest state in memory, so that hot accounts cost no walk through the trie. It
 * belongs to one block at a time: applying its child moves it forward, anything else empties it.
 * Two generations of a bounded size: what nobody asks for over one generation is forgotten.
 */
import { LIMITS } from './limits.ts';

export class StateCache {
  #tip: string | null = null;
  #young = new Map<string, string | null>();
  #old = new Map<string, string | null>();
  readonly #generationMax: number;

  constructor(entriesMax: number = LIMITS.stateCacheEntries) {
    this.#generationMax = Math.ceil(entriesMax / 2);
  }

  /** True when the values are those after this block (hex id). */
  isAt(blockId: string): boolean {
    return this.#tip === blockId;
  }

  /** Undefined: not known here. Null: known to be absent. */
  get(key: string): string | null | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: string | null): void {
    if (this.#young.size >= this.#generationMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  /** The block `child` was applied on `parent` (null for genesis) and wrote these values. */
  advance(parent: string | null, child: string, writes: ReadonlyMap<string, string>): void {
    if (this.#tip !== parent) {
      this.#young.clear();
      this.#old.clear();
    }
    this.#tip = child;
    for (const [key, value] of writes) this.set(key, value);
  }
}
