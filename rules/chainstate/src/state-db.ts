/**
 * State of a block while it executes: what the parent's state holds, overlaid by what this block has
 * written so far. Implements the VM's `ClarityDb` with an undo log, so nested executions roll back
 * in the time of what they wrote.
 *
 * The order in which surviving keys were first written is consensus: it decides the layout of MARF
 * nodes (reference/stacks.md 2.11). A JavaScript Map keeps exactly that order: a key stays where it
 * was first set, takes its last value, and loses its place when a rollback deletes it.
 */
import { assert } from '@assay/bytes';
import type { ClarityDb } from '@assay/clarity';

/** The state below: an applied block, or nothing at genesis. */
export interface StateBase {
  get(key: string): string | null;
  getMetadata(contractId: string, key: string): string | null;
}

export const EMPTY_BASE: StateBase = {
  get: () => null,
  getMetadata: () => null,
};

interface Undo {
  readonly map: Map<string, string>;
  readonly key: string;
  readonly old: string | undefined;
}

export class StateDb implements ClarityDb {
  readonly #base: StateBase;
  readonly #state = new Map<string, string>();
  /** Keyed by `contract id \n key`. */
  readonly #metadata = new Map<string, string>();
  readonly #undo: Undo[] = [];
  readonly #marks: number[] = [];

  constructor(base: StateBase) {
    this.#base = base;
  }

  get(key: string): string | null {
    const own = this.#state.get(key);
    return own === undefined ? this.#base.get(key) : own;
  }

  put(key: string, value: string): void {
    this.#set(this.#state, key, value);
  }

  getMetadata(contractId: string, key: string): string | null {
    const own = this.#metadata.get(`${contractId}\n${key}`);
    return own === undefined ? this.#base.getMetadata(contractId, key) : own;
  }

  putMetadata(contractId: string, key: string, value: string): void {
    this.#set(this.#metadata, `${contractId}\n${key}`, value);
  }

  begin(): void {
    this.#marks.push(this.#undo.length);
  }

  commit(): void {
    assert(this.#marks.length > 0, 'commit without begin');
    this.#marks.pop();
    if (this.#marks.length === 0) this.#undo.length = 0;
  }

  rollback(): void {
    const mark = this.#marks.pop();
    assert(mark !== undefined, 'rollback without begin');
    while (this.#undo.length > mark) {
      const { map, key, old } = this.#undo.pop()!;
      if (old === undefined) map.delete(key);
      else map.set(key, old);
    }
  }

  /** Begins that were not ended. */
  get depth(): number {
    return this.#marks.length;
  }

  /** Everything written, in consensus order. Only outside of any `begin`. */
  writes(): ReadonlyMap<string, string> {
    assert(this.#marks.length === 0, 'state is still nested');
    return this.#state;
  }

  /** Side records, keyed by `contract id \n key`. */
  metadataWrites(): ReadonlyMap<string, string> {
    assert(this.#marks.length === 0, 'state is still nested');
    return this.#metadata;
  }

  #set(map: Map<string, string>, key: string, value: string): void {
    if (this.#marks.length > 0) this.#undo.push({ map, key, old: map.get(key) });
    map.set(key, value);
  }
}
