/** Names of locals while compiling one function: each gets a slot in the frame. */
export interface Local {
  readonly slot: number;
  /** Clarity 1: a trait parameter, known to `contract-call?` only. */
  readonly callableOnly: boolean;
}

export class Scope {
  readonly #parent: Scope | null;
  readonly #names = new Map<string, Local>();
  /** Nesting of `let` and `match` contexts: looking a name up costs by it. */
  readonly depth: number;
  readonly #counter: { next: number };

  constructor(parent: Scope | null = null) {
    this.#parent = parent;
    this.depth = parent === null ? 0 : parent.depth + 1;
    this.#counter = parent === null ? { next: 0 } : parent.#counter;
  }

  /** A slot without a name. */
  reserve(): number {
    return this.#counter.next++;
  }

  define(name: string, callableOnly = false): number {
    const slot = this.reserve();
    this.#names.set(name, { slot, callableOnly });
    return slot;
  }

  lookup(name: string): Local | null {
    return this.#names.get(name) ?? this.#parent?.lookup(name) ?? null;
  }

  extend(): Scope {
    return new Scope(this);
  }
}
