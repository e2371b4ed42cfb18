/** A map by hex text that forgets its oldest entry when it is full. */
export class BoundedMap<T> {
  readonly #entries = new Map<string, T>();
  readonly #sizeMax: number;

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: T): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#sizeMax)
      this.#entries.delete(this.#entries.keys().next().value!);
  }

  /** Empties the map; oldest first. */
  takeAll(): T[] {
    const values = [...this.#entries.values()];
    this.#entries.clear();
    return values;
  }
}
