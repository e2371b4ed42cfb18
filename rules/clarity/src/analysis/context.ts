/** Types of the names in sight while checking one function. */
import type { TraitId, TypeSignature } from '@assay/clarity-value';
import type { ClarityVersion } from '../version.ts';

export class TypingContext {
  readonly #parent: TypingContext | null;
  readonly #types = new Map<string, TypeSignature>();
  readonly #traits = new Map<string, TraitId>();
  readonly depth: number;

  constructor(parent: TypingContext | null = null) {
    this.#parent = parent;
    this.depth = parent === null ? 0 : parent.depth + 1;
  }

  extend(): TypingContext {
    return new TypingContext(this);
  }

  typeOf(name: string): TypeSignature | null {
    return this.#types.get(name) ?? this.#parent?.typeOf(name) ?? null;
  }

  traitOf(name: string): TraitId | null {
    return this.#traits.get(name) ?? this.#parent?.traitOf(name) ?? null;
  }

  addParameter(name: string, type: TypeSignature): void {
    if (type.kind === 'trait') this.#traits.set(name, type.trait);
    else this.#types.set(name, type);
  }

  /** Traits can be bound to names from Clarity 2 on. */
  bind(name: string, type: TypeSignature, version: ClarityVersion): void {
    if (version >= 2 && type.kind === 'trait') this.#traits.set(name, type.trait);
    else this.#types.set(name, type);
  }
}
