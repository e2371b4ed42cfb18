/**
 * The disk of a simulated process: memory stores that outlive it. Each incarnation sees them through
 * a guard that refuses writes after its crash, since a killed process writes nothing: if code still
 * runs, the simulation has a hole, and it must be seen.
 */
import { assert } from '@assay/bytes';
import { MemoryStore, type Store } from '@assay/store';
import type { SimWorld } from '@assay/world/sim';

export class SimDisk {
  readonly #stores = new Map<string, MemoryStore>();

  /** The store of a process by its name on disk, as one incarnation may use it. */
  open(world: SimWorld, name: string): Store {
    const path = `${world.name}/${name}`;
    const store = this.#stores.get(path) ?? new MemoryStore();
    this.#stores.set(path, store);
    return guarded(store, world);
  }
}

function guarded(store: Store, world: SimWorld): Store {
  return {
    get: (key) => store.get(key),
    has: (key) => store.has(key),
    range: (range) => store.range(range),
    batch(write) {
      assert(world.isAlive, `${world.name} writes after it was killed`);
      store.batch(write);
    },
    prefixed: (prefix) => guarded(store.prefixed(prefix), world),
    close: async () => {},
  };
}
