/**
 * Reading the state after an applied block: values from the MARF (through the cache when the block
 * is the newest), side records of contracts from the block that deployed them.
 *
 * A side record is found by what the state says about the contract: its `clarity-contract::` record
 * ends with the height of the deploy, and the branch has one block of that height. So two forks that
 * deploy different contracts under one name never see each other's.
 */
import { assert, bytesToHex } from '@assay/bytes';
import type { Marf } from '@assay/marf';
import type { ChainIndex } from './chain-index.ts';
import { LIMITS } from './limits.ts';
import type { StateCache } from './state-cache.ts';
import type { StateBase } from './state-db.ts';
import type { StoredHeader } from './stored-header.ts';

/** Hex digits of the content hash in a contract record; the height follows. */
const CONTENT_HASH_DIGITS = 64;

export class StateBases {
  readonly #marf: Marf;
  readonly #index: ChainIndex;
  readonly #values: StateCache;
  /** The newest ones, by hex block id: each remembers the side records it has read. */
  readonly #recent = new Map<string, StateBase>();

  constructor(marf: Marf, index: ChainIndex, values: StateCache) {
    this.#marf = marf;
    this.#index = index;
    this.#values = values;
  }

  at(header: StoredHeader): StateBase {
    const name = bytesToHex(header.blockId);
    const known = this.#recent.get(name);
    if (known) return known;
    const base = this.#create(header, name);
    if (this.#recent.size >= LIMITS.recentStates) {
      const oldest = this.#recent.keys().next().value;
      if (oldest !== undefined) this.#recent.delete(oldest);
    }
    this.#recent.set(name, base);
    return base;
  }

  #create(header: StoredHeader, name: string): StateBase {
    const { blockId } = header;
    const records = new Map<string, string | null>();
    const get = (key: string): string | null => {
      if (!this.#values.isAt(name)) return this.#marf.get(blockId, key);
      const cached = this.#values.get(key);
      if (cached !== undefined) return cached;
      const value = this.#marf.get(blockId, key);
      this.#values.set(key, value);
      return value;
    };
    const getMetadata = (contractId: string, key: string): string | null => {
      const slot = `${contractId}\n${key}`;
      const known = records.get(slot);
      if (known !== undefined) return known;
      const deployedIn = this.#deployBlock(header, get(`clarity-contract::${contractId}`));
      const value = deployedIn && this.#index.metadata(deployedIn, contractId, key);
      records.set(slot, value);
      return value;
    };
    return { get, getMetadata };
  }

  #deployBlock(header: StoredHeader, record: string | null): Uint8Array | null {
    if (record === null) return null;
    const height = Number.parseInt(record.slice(CONTENT_HASH_DIGITS), 16);
    const block = this.#marf.ancestorAt(header.blockId, height);
    assert(block !== null, 'contract record names a height above its block');
    return block;
  }
}
