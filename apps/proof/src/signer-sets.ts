/**
 * Whose signatures count. With a genesis file the set is known independently of the node (until the
 * stacking contract exists, every cycle has the signers of the genesis); without one it is the
 * node's word, and the report says so.
 */
import type { NodeSource } from './node-source.ts';
import { fetchSignerSet, type Signer } from './sources.ts';

export class SignerSets {
  readonly #node: NodeSource;
  readonly #trusted: readonly Signer[] | null;
  readonly #fetched = new Map<number, Signer[] | null>();

  /** @param trusted the signers of the genesis, when the caller has it */
  constructor(node: NodeSource, trusted: readonly Signer[] | null) {
    this.#node = node;
    this.#trusted = trusted;
  }

  async of(cycle: number): Promise<readonly Signer[] | null> {
    if (this.#trusted !== null) return this.#trusted;
    const known = this.#fetched.get(cycle);
    if (known !== undefined) return known;
    const set = await fetchSignerSet(this.#node, cycle);
    this.#fetched.set(cycle, set);
    return set;
  }
}
