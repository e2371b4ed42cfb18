/**
 * A set of keys in order: chunks of bounded length, each sorted. Insertion and removal cost
 * O(log n + chunk), which for the sizes of tests and simulations beats a balanced tree.
 */
const CHUNK_MAX = 512;

export class SortedKeys {
  #chunks: string[][] = [[]];

  /** Index of the chunk that holds or would hold `key`. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#chunks[middle]![0]! <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #within(chunk: readonly string[], key: string): number {
    let low = 0;
    let high = chunk.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (chunk[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  add(key: string): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at]!;
    const index = this.#within(chunk, key);
    if (chunk[index] === key) return;
    chunk.splice(index, 0, key);
    if (chunk.length > CHUNK_MAX) this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK_MAX >> 1));
  }

  remove(key: string): void {
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at]!;
    const index = this.#within(chunk, key);
    if (chunk[index] !== key) return;
    chunk.splice(index, 1);
    if (chunk.length === 0 && this.#chunks.length > 1) this.#chunks.splice(at, 1);
  }

  /** Keys from `start` (inclusive) to `end` (exclusive), at most `limit`. */
  slice(start: string, end: string | undefined, reverse: boolean, limit: number): string[] {
    const out: string[] = [];
    if (!reverse) {
      for (let at = this.#chunkOf(start); at < this.#chunks.length; at++) {
        const chunk = this.#chunks[at]!;
        for (let i = this.#within(chunk, start); i < chunk.length; i++) {
          if (out.length >= limit || (end !== undefined && chunk[i]! >= end)) return out;
          out.push(chunk[i]!);
        }
      }
      return out;
    }
    for (let at = end === undefined ? this.#chunks.length - 1 : this.#chunkOf(end); at >= 0; at--) {
      const chunk = this.#chunks[at]!;
      const last = end === undefined ? chunk.length : this.#within(chunk, end);
      for (let i = last - 1; i >= 0; i--) {
        if (out.length >= limit || chunk[i]! < start) return out;
        out.push(chunk[i]!);
      }
    }
    return out;
  }
}
