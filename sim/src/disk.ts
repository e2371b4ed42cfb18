/**
 * The disk of a simulated process: memory stores that outlive it. Each incarnation sees them through
 * a guard that refuses writes after its crash, since a killed process writes nothing: if code still
 * runs, the simulation has a hole, and it must be seen. A scenario may have a process killed in the very
 * moment in which a write of it is on disk (`killAfter`); what that step would still have written is lost.
 */
import { assert } from '@assay/bytes';
import { type Batch, MemoryStore, type Store } from '@assay/store';
import type { SimWorld } from '@assay/world/sim';

/** Writes that a process may still make before it is killed. */
interface Aim {
  writesLeft: number;
  readonly kill: () => void;
}

export class SimDisk {
  readonly #stores = new Map<string, MemoryStore>();
  /** By process. */
  readonly #aims = new Map<string, Aim>();
  /** Incarnations that were killed by a write of theirs. */
  readonly #killed = new WeakSet<SimWorld>();

  /** The store of a process by its name on disk, as one incarnation may use it. */
  open(world: SimWorld, name: string): Store {
    const path = `${world.name}/${name}`;
    const store = this.#stores.get(path) ?? new MemoryStore();
    this.#stores.set(path, store);
    return this.#guarded(store, world);
  }

  /** Kills a process right after its `count`-th write from now on, before it does anything else. */
  killAfter(processName: string, count: number, kill: () => void): void {
    this.#aims.set(processName, { writesLeft: count, kill });
  }

  /** Forgets an aim. @returns whether it was still open: the process made fewer writes */
  spare(processName: string): boolean {
    return this.#aims.delete(processName);
  }

  #guarded(store: Store, world: SimWorld): Store {
    return {
      get: (key) => store.get(key),
      has: (key) => store.has(key),
      range: (range) => store.range(range),
      batch: (write) => this.#write(store, world, write),
      prefixed: (prefix) => this.#guarded(store.prefixed(prefix), world),
      close: async () => {},
    };
  }

  #write(store: Store, world: SimWorld, write: (batch: Batch) => void): void {
    if (this.#killed.has(world)) return;
    assert(world.isAlive, `${world.name} writes after it was killed`);
    store.batch(write);
    const aim = this.#aims.get(world.name);
    if (aim === undefined) return;
    aim.writesLeft -= 1;
    if (aim.writesLeft > 0) return;
    this.#aims.delete(world.name);
    this.#killed.add(world);
    aim.kill();
  }
}
