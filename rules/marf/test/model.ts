/** The naive twin of the MARF: a whole map per block. */
import { bytesToHex } from '@assay/bytes';

export class NaiveForest {
  readonly #blocks = new Map<string, ReadonlyMap<string, string>>();

  add(
    parent: Uint8Array | null,
    hash: Uint8Array,
    writes: readonly (readonly [string, string])[],
  ): void {
    const base = parent === null ? [] : [...this.#blocks.get(bytesToHex(parent))!];
    this.#blocks.set(bytesToHex(hash), new Map([...base, ...writes]));
  }

  entries(hash: Uint8Array): ReadonlyMap<string, string> {
    return this.#blocks.get(bytesToHex(hash))!;
  }
}
