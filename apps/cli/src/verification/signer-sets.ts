/**
 * Whose signatures count. With a genesis file the set is known independently of the node (until the
 * stacking contract exists, every cycle has the signers of the genesis); without one it is the
 * node's word, and the report says so.
 */
import type { Genesis } from '@assay/chainstate';
import type { NodeApi } from '../node-api.ts';
import { fetchSignerSet, type Signer } from './sources.ts';

export class SignerSets {
  readonly #node: NodeApi;
  readonly #genesis: Genesis | null;
  readonly #fetched = new Map<number, Signer[] | null>();

  constructor(node: NodeApi, genesis: Genesis | null) {
    this.#node = node;
    this.#genesis = genesis;
  }

  async of(cycle: number): Promise<readonly Signer[] | null> {
    if (this.#genesis !== null) return this.#genesis.signers;
    const known = this.#fetched.get(cycle);
    if (known !== undefined) return known;
    const set = await fetchSignerSet(this.#node, cycle);
    this.#fetched.set(cycle, set);
    return set;
  }
}
